import { describe, expect, it } from '@jest/globals';
import { createPasswordHasher } from './password-hasher.ts';

describe('the password hasher', () => {
  const hasher = createPasswordHasher();

  const verify = (passwordHash: string | undefined, password: string) =>
    hasher.inTurn((check) => check(passwordHash, password));

  it('knows the right password from a wrong one', async () => {
    const passwordHash = await hasher.hash('Password123');
    expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verify(passwordHash, 'Password123')).toBe(true);
    expect(await verify(passwordHash, 'password123')).toBe(false);
  });

  it('says no without a hash', async () => {
    expect(await verify(undefined, 'Password123')).toBe(false);
  });

  it('lets two at a time work, in the order they came, whatever becomes of them', async () => {
    let running = 0;
    let runningMax = 0;
    const order: number[] = [];
    const work = async (index: number) => {
      order.push(index);
      running += 1;
      runningMax = Math.max(runningMax, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (index % 2 === 0) throw new Error('refused');
    };

    await Promise.allSettled(Array.from({ length: 20 }, (_, index) => hasher.inTurn(() => work(index))));

    expect(runningMax).toBe(2);
    expect(order).toEqual([...order].sort((left, right) => left - right));
  });

  it('refuses at once when too many wait, and works on afterwards', async () => {
    const crowd = Array.from({ length: 200 }, () => hasher.inTurn(async () => 'done'));

    const outcomes = await Promise.allSettled(crowd);

    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(200 - 2 - 128);
    for (const { reason } of refused) expect(reason).toMatchObject({ kind: 'unavailable', code: 'overloaded' });
    expect(await verify(undefined, 'x')).toBe(false);
  });
});
