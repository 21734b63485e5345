import { describe, expect, it } from '@jest/globals';
import { hashRecoveryCode, newRecoveryCodes, newTotpSecret, otpauthUrl, readCode, stepOfCode } from './totp.ts';

/** The secret of RFC 6238, appendix B: `12345678901234567890`. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number) => new Date(seconds * 1000);

describe('a code of the authenticator', () => {
  // The last six digits of the RFC's vectors.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %d s is %s', (seconds, code) => {
    expect(stepOfCode(secret, code, at(seconds))).toBe(Math.floor(seconds / 30));
  });

  it('counts for its own step from one step before to one after', () => {
    const step = Math.floor(1_111_111_111 / 30);
    for (const away of [-1, 0, 1]) expect(stepOfCode(secret, '050471', at((step + away) * 30))).toBe(step);
    for (const away of [-2, 2]) expect(stepOfCode(secret, '050471', at((step + away) * 30))).toBeUndefined();
  });

  it('of another secret is wrong, and so is what is no code', () => {
    for (const code of ['', '05047', '0504710', 'abcdef']) {
      expect(stepOfCode(secret, code, at(1_111_111_111))).toBeUndefined();
    }
    expect(stepOfCode(newTotpSecret(), '050471', at(1_111_111_111))).toBeUndefined();
  });
});

describe('a new secret', () => {
  it('has 160 random bits', () => {
    expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
    expect(newTotpSecret()).not.toBe(newTotpSecret());
  });

  it('goes to the app with issuer and address', () => {
    const url = new URL(otpauthUrl(secret, 'mara+1@acme.example'));
    expect([url.protocol, url.host]).toEqual(['otpauth:', 'totp']);
    expect(decodeURIComponent(url.pathname)).toBe('/Outlay:mara+1@acme.example');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ issuer: 'Outlay', secret, digits: '6', period: '30' });
  });
});

describe('recovery codes', () => {
  it('are ten, each another one, in groups that can be typed', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^(?:[a-z2-7]{4}-){3}[a-z2-7]{4}$/);
  });

  it('are read whatever their case, blanks and hyphens', () => {
    const letters = 'abcdefgh234567zz';
    for (const typed of ['abcd-efgh-2345-67zz', ' ABCD EFGH 2345 67ZZ ', letters]) {
      expect(readCode(typed)).toEqual({ kind: 'recovery', letters });
    }
    expect(readCode('123 456')).toEqual({ kind: 'totp', digits: '123456' });
    for (const typed of ['', '12345', 'abcd-efgh', 'abcd-efgh-2345-67z1']) expect(readCode(typed).kind).toBe('none');
  });

  it('hash apart for two people', () => {
    expect(hashRecoveryCode('a', 'x')).not.toEqual(hashRecoveryCode('b', 'x'));
  });
});
