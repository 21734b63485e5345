import { describe, expect, it } from '@jest/globals';
import { hashApiKeySecret, newApiKeySecret, prefixOf } from './api-key.ts';

describe('the secret of an API key', () => {
  it('is outlay_ and 43 characters, and never the same', () => {
    expect(newApiKeySecret()).toMatch(/^outlay_[\w-]{43}$/);
    expect(newApiKeySecret()).not.toBe(newApiKeySecret());
  });

  it('has one spelling', () => {
    const secret = newApiKeySecret();
    expect(hashApiKeySecret(secret)).toHaveLength(32);
    for (const other of [secret.slice(7), secret.toUpperCase(), `${secret}=`, `${secret} `, 'outlay_', '']) {
      expect(hashApiKeySecret(other)).toBeUndefined();
    }
  });

  it('is shown by its first characters', () => {
    const secret = newApiKeySecret();
    expect(secret.startsWith(prefixOf(secret))).toBe(true);
    expect(prefixOf(secret)).toHaveLength(13);
  });
});
