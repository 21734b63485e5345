import { idempotencyKeptMs } from '@outlay/platform';
import { endedKeptMs, keptAfterEndMs } from '../domain/lifetimes.ts';
import { deleteExpired } from '../store/delete-expired.ts';
import { forgetPrivateKeys } from '../store/signing-keys.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Other replicas whose clock is behind sign with a retired key for a moment more. */
const privateKeysKeptMs = 3_600_000;

/**
 * Deletes what has no use any more: sessions that ended a week ago with their tokens, expired tokens, old keys and
 * counters, invitations and API keys that ended three months ago.
 */
export function createPurgeExpired({ database, logger }: IdentityDependencies) {
  return async (now: Date): Promise<void> => {
    const deleted = await deleteExpired(database, {
      endedBefore: new Date(now.getTime() - keptAfterEndMs),
      listedBefore: new Date(now.getTime() - endedKeptMs),
      keysBefore: new Date(now.getTime() - idempotencyKeptMs),
      now,
    });
    await forgetPrivateKeys(database, new Date(now.getTime() - privateKeysKeptMs));
    logger.info({ deleted }, 'expired rows purged');
  };
}
