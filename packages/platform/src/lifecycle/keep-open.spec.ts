import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { createSilentLogger } from '../operations/logger.ts';
import { type KeptOpen, keepOpen } from './keep-open.ts';

let kept: KeptOpen<number> | undefined;
afterEach(() => kept?.stop());

/** Counts how often it was opened and closed; each opening is number 1, 2, ... and can be ended from outside. */
function keep(options: { failures?: number } = {}) {
  const seen = { tried: 0, opened: 0, closed: 0, end: () => {} };
  kept = keepOpen({
    name: 'a thing',
    logger: createSilentLogger(),
    open: async () => {
      seen.tried += 1;
      if (seen.tried <= (options.failures ?? 0)) throw new Error('not yet');
      seen.opened += 1;
      const { promise: closed, resolve: end } = Promise.withResolvers<void>();
      seen.end = end;
      return {
        resource: seen.opened,
        closed,
        close: async () => {
          seen.closed += 1;
        },
      };
    },
  });
  kept.start();
  return { kept, seen };
}

describe('a resource that is kept open', () => {
  it('is tried until it opens', async () => {
    const { kept, seen } = keep({ failures: 3 });
    expect(kept.current()).toBeUndefined();
    await expect(kept.opened()).resolves.toBe(1);
    expect(kept.current()).toBe(1);
    expect(seen.tried).toBe(4);
  });

  it('is closed and opened again when it ends', async () => {
    const { kept, seen } = keep();
    await kept.opened();
    seen.end();
    await eventually(() => expect(kept.current()).toBe(2));
    expect(seen.closed).toBe(1);
  });

  it('is closed when it is stopped, and stays closed', async () => {
    const { kept, seen } = keep();
    await kept.opened();
    await kept.stop();
    expect(kept.current()).toBeUndefined();
    expect(seen).toMatchObject({ opened: 1, closed: 1 });
  });

  it('can be stopped while it does not open; who waits for it hears that', async () => {
    const { kept } = keep({ failures: Number.POSITIVE_INFINITY });
    const waiting = kept.opened();
    await Promise.all([kept.stop(), expect(waiting).rejects.toThrow('a thing has stopped')]);
  });
});
