import { deleteIdempotencyKeys } from '@outlay/platform';
import type { IdentityDatabase } from './database.ts';

/** A chunk is short enough to hold no lock for long; what is left waits for the next one. */
const chunk = 1_000;

const deleteSessions = {
  name: 'identity_delete_ended_sessions',
  text: `
    delete from sessions
    where sessions.id in (
      select ended.id from sessions as ended
      where ended.expires_at < $1 or ended.revoked_at < $1
      limit ${chunk}
    )
    returning 1`,
};

const deleteTokens = {
  name: 'identity_delete_expired_tokens',
  text: `
    delete from refresh_tokens
    where refresh_tokens.token_hash in (
      select expired.token_hash from refresh_tokens as expired
      where expired.expires_at < $1
      limit ${chunk}
    )
    returning 1`,
};

const deleteLoginFailures = {
  name: 'identity_delete_login_failures',
  text: `
    delete from login_failures
    where login_failures.key in (select past.key from login_failures as past where past.expire < $1 limit ${chunk})
    returning 1`,
};

/** Deletes in chunks until nothing is left; answers the number of rows. */
export async function deleteExpired(
  database: IdentityDatabase,
  limits: { endedBefore: Date; keysBefore: Date; now: Date },
): Promise<number> {
  const inChunks = async (statement: { name: string; text: string }, value: unknown): Promise<number> => {
    let total = 0;
    for (;;) {
      const { length } = await database.once(statement, [value]);
      total += length;
      if (length < chunk) return total;
    }
  };
  const sessions = await inChunks(deleteSessions, limits.endedBefore);
  const tokens = await inChunks(deleteTokens, limits.endedBefore);
  const failures = await inChunks(deleteLoginFailures, limits.now.getTime());
  const keys = await deleteIdempotencyKeys(database, limits.keysBefore);
  return sessions + tokens + failures + keys;
}
