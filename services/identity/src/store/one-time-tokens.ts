import type { Session } from '@outlay/platform';
import type { TokenPurpose } from '../domain/one-time-token.ts';

/** A token that was mailed to a person. */
export interface OneTimeToken {
  purpose: TokenPurpose;
  userId: string;
  /** Where it was mailed to; for a change of address, the one to come. */
  email: string;
}

type Queries = Pick<Session, 'query'>;

const insert = {
  name: 'identity_insert_one_time_token',
  text: `
    insert into one_time_tokens (token_hash, request_id, purpose, user_id, email, issued_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (request_id) do nothing`,
};

const endOlder = {
  name: 'identity_end_older_tokens',
  text: `
    update one_time_tokens
    set ended_at = $4
    where one_time_tokens.user_id = $1 and one_time_tokens.purpose = $2 and one_time_tokens.token_hash <> $3
      and one_time_tokens.ended_at is null`,
};

/**
 * Keeps a new token and makes older ones of its purpose worthless; answers false where the request has one already. The
 * person must be locked, or two at once would both stay.
 */
export async function insertOneTimeToken(
  session: Queries,
  token: OneTimeToken & { hash: Buffer; requestId: string; issuedAt: Date; expiresAt: Date },
): Promise<boolean> {
  const { hash, requestId, purpose, userId, email, issuedAt, expiresAt } = token;
  const { rowCount } = await session.query(insert, [hash, requestId, purpose, userId, email, issuedAt, expiresAt]);
  if (rowCount === 0) return false;
  await session.query(endOlder, [userId, purpose, hash, issuedAt]);
  return true;
}

const select = {
  name: 'identity_select_one_time_token',
  text: `
    select one_time_tokens.purpose, one_time_tokens.user_id as "userId", one_time_tokens.email
    from one_time_tokens
    where one_time_tokens.token_hash = $1 and one_time_tokens.ended_at is null and one_time_tokens.expires_at > $2`,
};

/** A token that is still good. */
export async function findOneTimeToken(session: Queries, hash: Buffer, now: Date): Promise<OneTimeToken | undefined> {
  const { rows } = await session.query<OneTimeToken>(select, [hash, now]);
  return rows[0];
}

const use = {
  name: 'identity_use_one_time_token',
  text: `
    update one_time_tokens
    set ended_at = $2
    where one_time_tokens.token_hash = $1 and one_time_tokens.ended_at is null and one_time_tokens.expires_at > $2`,
};

/** Uses a token up; of any number at once, one is answered true. */
export async function useOneTimeToken(session: Queries, hash: Buffer, now: Date): Promise<boolean> {
  const { rowCount } = await session.query(use, [hash, now]);
  return rowCount === 1;
}

const endTakeovers = {
  name: 'identity_end_takeover_tokens',
  text: `
    update one_time_tokens
    set ended_at = $2
    where one_time_tokens.user_id = $1 and one_time_tokens.purpose <> 'email_verification'
      and one_time_tokens.ended_at is null`,
};

/**
 * Makes worthless all tokens by which somebody could take the account over. One that verifies the person's own address
 * does no more than that, and nothing once the address is another one.
 */
export async function endTakeoverTokens(session: Queries, userId: string, now: Date): Promise<void> {
  await session.query(endTakeovers, [userId, now]);
}

const deleteAll = {
  name: 'identity_delete_tokens_of_person',
  text: `delete from one_time_tokens where one_time_tokens.user_id = $1`,
};

export async function deleteOneTimeTokens(session: Queries, userId: string): Promise<void> {
  await session.query(deleteAll, [userId]);
}
