import { afterEach, describe, expect, it } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { createRateLimit, type RateLimit } from './rate-limit.ts';

const limits: RateLimit[] = [];
const stores: RateLimiterMemory[] = [];
afterEach(async () => {
  await Promise.all(limits.splice(0).map((limit) => limit.stop()));
  for (const store of stores.splice(0)) for (const caller of ['a', 'b']) await store.delete(caller);
});

function limitOf(perMinute: number, store = new RateLimiterMemory({ points: perMinute, duration: 60 })) {
  stores.push(store);
  const limit = createRateLimit({ perMinute, store });
  limits.push(limit);
  return limit;
}

describe('A rate limit', () => {
  it('allows exactly as many as it says', () => {
    const limit = limitOf(100);
    const taken = Array.from({ length: 500 }, () => limit.take('a'));
    expect(taken.filter(({ isAllowed }) => isAllowed)).toHaveLength(100);
    expect(taken[99]).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(taken[499]!.resetsInMs).toBeGreaterThan(0);
    expect(limit.take('b').isAllowed).toBe(true);
    for (let look = 0; look < 200; look += 1) expect(limit.look('b')).toMatchObject({ isAllowed: true, remaining: 98 });
  });

  it('goes on to count what the store is just told', async () => {
    const answered = Promise.withResolvers<void>();
    const store = new (class extends RateLimiterMemory {
      override async consume(...told: Parameters<RateLimiterMemory['consume']>) {
        await answered.promise;
        return super.consume(...told);
      }
    })({ points: 10, duration: 60 });
    const limit = limitOf(10, store);
    for (let request = 0; request < 10; request += 1) limit.take('a');

    const telling = limit.stop();

    expect(limit.take('a').isAllowed).toBe(false);
    answered.resolve();
    await telling;
  });

  it('learns what others have used when it tells the store', async () => {
    const store = new RateLimiterMemory({ points: 10, duration: 60 });
    const first = limitOf(10, store);
    const second = limitOf(10, store);
    for (let request = 0; request < 10; request += 1) first.take('a');
    await first.stop();
    expect(second.take('a').isAllowed).toBe(true);
    await second.stop();
    expect(second.take('a').isAllowed).toBe(false);
  });
});
