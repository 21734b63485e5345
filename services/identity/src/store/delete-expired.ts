import { deleteIdempotencyKeys, type Session } from '@outlay/platform';
import { asSystem } from './as-system.ts';
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

const deleteMailedTokens = {
  name: 'identity_delete_mailed_tokens',
  text: `
    delete from one_time_tokens
    where one_time_tokens.token_hash in (
      select expired.token_hash from one_time_tokens as expired
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

const deleteAnswers = {
  name: 'identity_delete_idempotent_answers',
  text: `
    delete from idempotent_answers
    where (idempotent_answers.actor_id, idempotent_answers.operation, idempotent_answers.key) in (
      select past.actor_id, past.operation, past.key from idempotent_answers as past
      where past.created_at < $1
      limit ${chunk}
    )
    returning 1`,
};

/** Those that no job could tell of. */
const deleteSignInFailures = {
  name: 'identity_delete_sign_in_failures',
  text: `
    delete from sign_in_failures
    where sign_in_failures.id in (
      select past.id from sign_in_failures as past where past.attempted_at < $1 limit ${chunk}
    )
    returning 1`,
};

const deleteInvitations = {
  name: 'identity_delete_ended_invitations',
  text: `
    delete from invitations
    where (invitations.tenant_id, invitations.id) in (
      select ended.tenant_id, ended.id from invitations as ended where ended.expires_at < $1 limit ${chunk}
    )
    returning 1`,
};

/** The keys, which the system role may look through, with their secrets, which belong to the platform as a whole. */
const selectEndedKeys = {
  name: 'identity_select_ended_api_keys',
  text: `
    select api_keys.id from api_keys
    where api_keys.revoked_at < $1 or api_keys.expires_at < $1
    limit ${chunk}`,
};

const deleteSecretsOf = {
  name: 'identity_delete_api_key_secrets',
  text: 'delete from api_key_secrets where api_key_secrets.api_key_id = any($1::uuid[])',
};

const deleteKeys = {
  name: 'identity_delete_api_keys',
  text: 'delete from api_keys where api_keys.id = any($1::uuid[])',
};

/** Deletes in chunks until nothing is left; answers the number of rows. */
export async function deleteExpired(
  database: IdentityDatabase,
  limits: { endedBefore: Date; listedBefore: Date; keysBefore: Date; now: Date },
): Promise<number> {
  const inChunks = (statement: { name: string; text: string }, value: unknown): Promise<number> =>
    whileFull(async () => (await database.once(statement, [value])).length);
  const sessions = await inChunks(deleteSessions, limits.endedBefore);
  const tokens = await inChunks(deleteTokens, limits.endedBefore);
  const mailed = await inChunks(deleteMailedTokens, limits.endedBefore);
  const failures = await inChunks(deleteLoginFailures, limits.now.getTime());
  const untold = await inChunks(deleteSignInFailures, limits.endedBefore);
  const answers = await inChunks(deleteAnswers, limits.keysBefore);
  const invitations = await whileFull(async () => {
    const invitationsOf = (session: Queries) => session.query(deleteInvitations, [limits.listedBefore]);
    return (await database.withSystem(invitationsOf)).rows.length;
  });
  const apiKeys = await whileFull(() => deleteEndedKeys(database, limits.listedBefore));
  const keys = await deleteIdempotencyKeys(database, limits.keysBefore);
  return sessions + tokens + mailed + failures + untold + answers + invitations + apiKeys + keys;
}

type Queries = Pick<Session, 'query'>;

async function whileFull(deleteChunk: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await deleteChunk();
    total += count;
    if (count < chunk) return total;
  }
}

/** In one transaction: a key without a secret could not be shown. */
function deleteEndedKeys(database: IdentityDatabase, before: Date): Promise<number> {
  return database.withGlobal(async (session) => {
    const ended = await asSystem(session, () => session.query<{ id: string }>(selectEndedKeys, [before]));
    const ids = ended.rows.map(({ id }) => id);
    await session.query(deleteSecretsOf, [ids]);
    await asSystem(session, () => session.query(deleteKeys, [ids]));
    return ids.length;
  });
}
