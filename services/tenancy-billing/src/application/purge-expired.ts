import { deleteIdempotencyKeys, idempotencyKeptMs } from '@outlay/platform';
import { deleteCompletedRegistrations } from '../store/registrations.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** Deletes what is kept only to answer a repetition, after two days. */
export function createPurgeExpired({ database, logger }: TenancyDependencies) {
  return async (now: Date): Promise<void> => {
    const before = new Date(now.getTime() - idempotencyKeptMs);
    const registrations = await database.withGlobal(({ prisma }) => deleteCompletedRegistrations(prisma, before));
    const keys = await deleteIdempotencyKeys(database, before);
    logger.info({ registrations, keys }, 'expired rows purged');
  };
}
