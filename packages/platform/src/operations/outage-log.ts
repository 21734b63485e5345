import type { Logger } from './logger.ts';

/** Tells how work goes that is tried again and again, whatever becomes of it. */
export interface OutageLog {
  failed(error: unknown): void;
  worked(): void;
}

const warnEveryMs = 60_000;

/**
 * For loops that outlast an outage. `failing` is a warning at the first failure and once a minute at the most from then on,
 * as what is tried twice a second fails twice a second; `working` tells once that what was warned of is over. Both say how
 * many failures there have been without a success between them. `now` counts milliseconds, and never goes back.
 */
export function createOutageLog(
  { logger, failing, working }: { logger: Logger; failing: string; working: string },
  now = () => performance.now(),
): OutageLog {
  let failures = 0;
  let isTold = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    failed(error) {
      failures++;
      if (now() - toldAt < warnEveryMs) return;
      isTold = true;
      toldAt = now();
      logger.warn({ error, failures }, failing);
    },
    worked() {
      if (isTold) logger.info({ failures }, working);
      failures = 0;
      isTold = false;
    },
  };
}
