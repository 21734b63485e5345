import type { Clock, Database, Logger } from '@outlay/platform';
import { createRateHandlers, type RateHandlersOptions } from './rate-handlers.ts';
import { createRateJobs } from './rate-jobs.ts';

/** All of exchange rates, to be composed into the service: its RPCs, and the jobs that the service's worker runs. */
export function createRates(options: {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** Whether background jobs can be added yet. */
  isReady: () => boolean;
  currencyOf: RateHandlersOptions['currencyOf'];
  /** Where the European Central Bank's rates are fetched from; undefined: they are not. */
  ecbRatesUrl: string | undefined;
}): { handlers: ReturnType<typeof createRateHandlers>; jobs: ReturnType<typeof createRateJobs> } {
  const { ecbRatesUrl: url } = options;
  return {
    handlers: createRateHandlers(options),
    jobs: createRateJobs(options, url === undefined ? undefined : { url }),
  };
}
