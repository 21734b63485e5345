import { describe, expect, it } from '@jest/globals';
import { createBackOff } from './back-off.ts';

describe('what fails', () => {
  it('rests twice as long each time, up to a bound, and not at all once it has succeeded', () => {
    let now = 1_000;
    const backOff = createBackOff({ firstMs: 10, mostMs: 35 }, () => now);
    const restOf = (key: string) => {
      const begun = now;
      while (backOff.isResting(key)) now += 1;
      return now - begun;
    };
    const fail = () => {
      backOff.failed('one');
      expect(restOf('other')).toBe(0);
      return restOf('one');
    };

    expect([restOf('one'), fail(), fail(), fail(), fail()]).toEqual([0, 10, 20, 35, 35]);

    backOff.succeeded('one');
    expect([restOf('one'), fail()]).toEqual([0, 10]);
  });

  it('is known by when its rest ends, until it has succeeded', () => {
    const backOff = createBackOff({ firstMs: 10, mostMs: 35 }, () => 1_000);
    for (const key of ['one', 'one', 'other']) backOff.failed(key);

    expect(['one', 'other', 'third'].map(backOff.restedAt)).toEqual([1_020, 1_010, undefined]);

    backOff.succeeded('one');
    expect(backOff.restedAt('one')).toBeUndefined();
  });
});
