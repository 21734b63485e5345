import { deleteIdempotencyKeys } from '@outlay/platform';
import { deleteCompletedRegistrations } from '../store/registrations.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** Clients repeat what they are unsure of within a day. */
const keptMs = 48 * 3_600_000;

/** Deletes what is kept only to answer a repetition, after two days. */
export function createPurgeExpired({ database, logger }: TenancyDependencies) {
  return async (now: Date): Promise<void> => {
    const before = new Date(now.getTime() - keptMs);
    const registrations = await database.withGlobal(({ prisma }) => deleteCompletedRegistrations(prisma, before));
    const keys = await deleteIdempotencyKeys(database, before);
    logger.info({ registrations, keys }, 'expired rows purged');
  };
}
