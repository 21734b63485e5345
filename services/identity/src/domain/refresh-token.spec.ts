import { describe, expect, it } from '@jest/globals';
import { hashRefreshToken, newRefreshToken, sealSuccessor, unsealSuccessor } from './refresh-token.ts';

describe('a refresh token', () => {
  it('is 256 random bits and hashes to the same 32 bytes each time', () => {
    const token = newRefreshToken();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(newRefreshToken()).not.toBe(token);
    expect(hashRefreshToken(token)).toHaveLength(32);
    expect(hashRefreshToken(token)).toEqual(hashRefreshToken(token));
  });

  it('has one spelling', () => {
    const token = newRefreshToken();
    for (const other of [`${token}=`, ` ${token}`, token.slice(1), `${token}AA`, '', 'no token']) {
      expect(hashRefreshToken(other)).toBeUndefined();
    }
    // 43 characters hold 258 bits: the last two are spare, and setting them would be a second spelling.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spare = `${token.slice(0, 42)}${alphabet[alphabet.indexOf(token.slice(42)) + 1]}`;
    expect(hashRefreshToken(spare)).toBeUndefined();
  });

  it('is unsealed by its predecessor alone', () => {
    const predecessor = newRefreshToken();
    const successor = newRefreshToken();
    const sealed = sealSuccessor(predecessor, successor);
    expect(sealed.toString('base64url')).not.toBe(successor);
    expect(unsealSuccessor(predecessor, sealed)).toBe(successor);
    expect(unsealSuccessor(newRefreshToken(), sealed)).not.toBe(successor);
  });
});
