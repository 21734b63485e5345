import { describe, expect, it } from '@jest/globals';
import { createPasswordHasher } from './password-hasher.ts';

describe('the password hasher', () => {
  const hasher = createPasswordHasher();

  it('knows the right password from a wrong one', async () => {
    const passwordHash = await hasher.hash('Password123');
    expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.verify(passwordHash, 'Password123')).toBe(true);
    expect(await hasher.verify(passwordHash, 'password123')).toBe(false);
  });

  it('says no without a hash', async () => {
    expect(await hasher.verify(undefined, 'Password123')).toBe(false);
  });

  it('asks for admission only when the turn has come, and passes the refusal on', async () => {
    const refusal = new Error('refused');
    const attempts = Array.from({ length: 8 }, () => hasher.verify(undefined, 'x', () => Promise.reject(refusal)));
    for (const outcome of await Promise.allSettled(attempts)) {
      expect(outcome).toEqual({ status: 'rejected', reason: refusal });
    }
    expect(await hasher.verify(undefined, 'x')).toBe(false);
  });

  it('refuses at once when too many wait, and works on afterwards', async () => {
    const crowd = Array.from({ length: 200 }, () => hasher.verify(undefined, 'x', () => Promise.reject(new Error())));
    const outcomes = await Promise.allSettled(crowd);
    const refused = outcomes.filter((o) => o.status === 'rejected' && o.reason.code === 'overloaded');
    expect(refused.length).toBe(200 - 2 - 128);
    expect(await hasher.verify(undefined, 'x')).toBe(false);
  });
});
