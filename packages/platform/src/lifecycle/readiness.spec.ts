import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { createSilentLogger } from '../operations/logger.ts';
import { createReadiness, type Readiness } from './readiness.ts';

let readiness: Readiness | undefined;
afterEach(async () => {
  await readiness?.stop?.();
});

function start(options: Omit<Parameters<typeof createReadiness>[0], 'logger' | 'onChange'>) {
  const state = { isReady: false };
  readiness = createReadiness({
    ...options,
    logger: createSilentLogger(),
    onChange: (isReady) => {
      state.isReady = isReady;
    },
  });
  readiness.start?.();
  return { state, checks: readiness.checks };
}

describe('readiness', () => {
  it('comes when all is prepared, in order, and every check passes', async () => {
    const steps: string[] = [];
    const { state } = start({
      preparations: { months: async () => steps.push('months'), keys: async () => steps.push('keys') },
      checks: { database: async () => steps.push('database') },
    });
    await eventually(() => expect(state.isReady).toBe(true));
    expect(steps).toEqual(['months', 'keys', 'database']);
  });

  it('waits for what is down, does each preparation once, and says what is missing', async () => {
    let isUp = false;
    let preparedCount = 0;
    const { state, checks } = start({
      preparations: {
        first: async () => {
          preparedCount += 1;
        },
        second: async () => {
          if (!isUp) throw new Error('down');
        },
      },
      checks: { bus: async () => undefined },
    });
    await eventually(() => expect(checks.first?.()).resolves.toBeUndefined());
    await expect(checks.second?.()).rejects.toThrow('second is pending');
    expect(state.isReady).toBe(false);
    isUp = true;
    await eventually(() => expect(state.isReady).toBe(true));
    await checks.second?.();
    expect(preparedCount).toBe(1);
  });

  it('goes while a check fails, and comes again', async () => {
    let isUp = true;
    const { state } = start({
      checks: {
        database: async () => {
          if (!isUp) throw new Error('down');
        },
      },
    });
    await eventually(() => expect(state.isReady).toBe(true));
    isUp = false;
    await eventually(() => expect(state.isReady).toBe(false));
    isUp = true;
    await eventually(() => expect(state.isReady).toBe(true));
  });

  it('does not come after it was stopped', async () => {
    let pass: () => void = () => undefined;
    const passing = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const { state } = start({ checks: { database: () => passing } });
    const stopped = readiness?.stop?.();
    pass();
    await stopped;
    expect(state.isReady).toBe(false);
  });
});
