import { keptAfterEndMs } from '../domain/lifetimes.ts';
import { deleteExpired } from '../store/delete-expired.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Idempotency keys are kept this long; clients retry within a day. */
const idempotencyKeptMs = 48 * 3_600_000;

/** Deletes what has no use any more: sessions that ended a week ago with their tokens, expired tokens, old keys and counters. */
export function createPurgeExpired({ database, logger }: IdentityDependencies) {
  return async (now: Date): Promise<void> => {
    const deleted = await deleteExpired(database, {
      endedBefore: new Date(now.getTime() - keptAfterEndMs),
      keysBefore: new Date(now.getTime() - idempotencyKeptMs),
      now,
    });
    logger.info({ deleted }, 'expired rows purged');
  };
}
