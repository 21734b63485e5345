import { type Database, type Logger, type TenantId, toTenantId } from '@outlay/platform';
import { addUpChanges, findChangedTenants } from '../store/tag-counts.ts';
import { type CatchUp, createCatchUp } from './catch-up.ts';

/** Adds up in the background what has changed in the counts of tags. */
export type TagTally = CatchUp;

/** How many changes are added up in one transaction. */
const batchSize = 10_000;

/** Brings the counts of tenants up to the present, one batch after the other. Readers count exactly without. */
export function createTagTally({ database, logger }: { database: Database; logger: Logger }): TagTally {
  return createCatchUp({
    step: (tenantId) => addUpBatch(database, tenantId),
    failure: 'tags could not be added up, the next reader tries again',
    logger,
  });
}

/** Adds up what nobody has read, tenant by tenant, so that it does not pile up. */
export async function tallyAllTags(database: Database): Promise<void> {
  for (const tenantId of await database.withSystem(findChangedTenants, { readOnly: true })) {
    while (await addUpBatch(database, toTenantId(tenantId)));
  }
}

/** Answers whether there may be more. */
async function addUpBatch(database: Database, tenantId: TenantId): Promise<boolean> {
  const added = await database.withTenant({ tenantId }, (session) => addUpChanges(session, batchSize));
  return added === batchSize;
}
