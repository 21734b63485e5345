import type { Database, Logger } from '@outlay/platform';
import { type CatchUp, createCatchUp } from '../jobs/catch-up.ts';
import { segmentJournal } from './segment-journal.ts';

/** Makes segments in the background, for tenants whose books are read. */
export type Segmenter = CatchUp;

/**
 * Brings the segments of a tenant up to the present, one transaction each, one tenant after the other. Nothing depends on
 * it but time: who writes never comes here, and a tenant whose balances nobody reads costs nothing.
 */
export function createSegmenter({ database, logger }: { database: Database; logger: Logger }): Segmenter {
  return createCatchUp({
    step: (tenantId) => segmentJournal(database, tenantId),
    failure: 'a journal could not be segmented, the next reader tries again',
    logger,
  });
}
