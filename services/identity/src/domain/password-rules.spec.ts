import { describe, expect, it } from '@jest/globals';
import { passwordFault } from './password-rules.ts';

describe('the rules of a new password', () => {
  it.each(['Password123', '12345678', 'x'.repeat(128), '🙂'.repeat(8)])('takes %s', (password) => {
    expect(passwordFault(password)).toBeUndefined();
  });

  it.each(['', '1234567', '🙂'.repeat(7)])('finds %p too short', (password) => {
    expect(passwordFault(password)).toMatchObject({ code: 'password_too_short' });
  });

  it('finds 129 characters too long', () => {
    expect(passwordFault('x'.repeat(129))).toMatchObject({ code: 'password_too_long' });
  });
});
