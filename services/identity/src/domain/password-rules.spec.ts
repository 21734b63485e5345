import { describe, expect, it } from '@jest/globals';
import { commonPasswords } from './common-passwords.ts';
import { passwordFault, personalPasswordFault } from './password-rules.ts';

describe('the rules of a new password', () => {
  it.each(['Password123', 'korrekt-pferd', 'x'.repeat(128), '🙂'.repeat(8)])('takes %s', (password) => {
    expect(passwordFault(password)).toBeUndefined();
  });

  it.each(['', '1234567', '🙂'.repeat(7)])('finds %p too short', (password) => {
    expect(passwordFault(password)).toMatchObject({ code: 'password_too_short' });
  });

  it('finds 129 characters too long', () => {
    expect(passwordFault('x'.repeat(129))).toMatchObject({ code: 'password_too_long' });
  });

  it.each(['12345678', 'Password1', 'QWERTYUIOP', 'iLoveYou'])('finds %s too common', (password) => {
    expect(passwordFault(password)).toMatchObject({ code: 'password_too_common' });
  });

  it('lists common passwords as they are compared, and none that is too short anyway', () => {
    for (const password of commonPasswords) {
      expect(password).toBe(password.toLowerCase());
      expect(password.length).toBeGreaterThanOrEqual(8);
    }
  });
});

describe('a password for somebody', () => {
  const mara = { email: 'mara.lind+a@acme.example', firstName: 'Mara', lastName: 'Lindqvist' };

  it.each(['mara.lind+a@acme.example', 'MaraLindA', 'Lindqvist', 'Mara Lindqvist', 'lindqvist-MARA'])(
    'is not %s',
    (password) => {
      expect(personalPasswordFault(password, mara)).toMatchObject({ code: 'password_personal' });
    },
  );

  it.each(['Lindqvist1900', '!!!!!!!!', 'mara at acme'])('may be %s', (password) => {
    expect(personalPasswordFault(password, mara)).toBeUndefined();
  });

  it('may be anything of somebody without a name', () => {
    expect(personalPasswordFault('!!!!!!!!', { email: '@', firstName: '-', lastName: '' })).toBeUndefined();
  });
});
