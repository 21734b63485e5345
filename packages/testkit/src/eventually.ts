import { setTimeout as delay } from 'node:timers/promises';

/** How long to go on, and how long to wait between two attempts; 15,000 and 20 ms unless set. */
export type EventuallyOptions = { timeoutMs?: number; intervalMs?: number };

/**
 * Repeats an assertion until it passes and answers what it returned. When `timeoutMs` (15 s) is over, the assertion's last
 * error is thrown as it is, so that a failing test shows the real difference and not a time-out.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 15_000, intervalMs = 20 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await delay(intervalMs);
  }
}
