import { describe, expect, it } from '@jest/globals';
import { passwordFaults } from './password-rules.ts';

const codes = (password: string) => passwordFaults(password, 'password').map((fault) => fault.code);

describe('the rules of a new password', () => {
  it.each(['Password123', '12345678', 'x'.repeat(128), '🙂'.repeat(8)])('takes %s', (password) => {
    expect(codes(password)).toEqual([]);
  });

  it.each(['', '1234567', '🙂'.repeat(7)])('finds %p too short', (password) => {
    expect(codes(password)).toEqual(['password_too_short']);
  });

  it('finds 129 characters too long', () => {
    expect(codes('x'.repeat(129))).toEqual(['password_too_long']);
  });
});
