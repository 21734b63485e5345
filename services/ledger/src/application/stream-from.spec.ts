import { describe, expect, it } from '@jest/globals';
import { streamFrom } from './stream-from.ts';

const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
};

describe('a stream from work', () => {
  it('yields what the work gives, in order', async () => {
    const stream = streamFrom<number>(async (give) => {
      for (const item of [1, 2, 3]) await give(item);
    });

    expect(await collect(stream)).toEqual([1, 2, 3]);
  });

  it('ends at once when the work gives nothing', async () => {
    expect(await collect(streamFrom(async () => undefined))).toEqual([]);
  });

  it('is never ahead of its consumer', async () => {
    const given: number[] = [];
    const stream = streamFrom<number>(async (give) => {
      for (let item = 1; ; item++) {
        given.push(item);
        await give(item);
      }
    });

    await stream.next();
    await stream.next();
    expect(given).toEqual([1, 2]);
    await stream.return(undefined);
  });

  it('fails with the work, after what was given before', async () => {
    const stream = streamFrom<number>(async (give) => {
      await give(1);
      throw new Error('broken');
    });

    expect(await stream.next()).toEqual({ value: 1, done: false });
    await expect(stream.next()).rejects.toThrow('broken');
  });

  it('lets the work clean up when the consumer stops early', async () => {
    let isCleanedUp = false;
    const stream = streamFrom<number>(async (give) => {
      try {
        for (let item = 1; ; item++) await give(item);
      } finally {
        isCleanedUp = true;
      }
    });

    for await (const item of stream) if (item === 2) break;

    expect(isCleanedUp).toBe(true);
  });
});
