import type { Session } from '@outlay/platform';

/** Which command a stored answer belongs to. An anonymous caller's actorId is empty. */
export interface AnswerKey {
  actorId: string;
  operation: string;
  key: string;
}

/** A twin's insert waits here until the first transaction has ended: if it commits, nothing is inserted. */
const reserve = {
  name: 'identity_reserve_answer',
  text: `
    insert into idempotent_answers (actor_id, operation, key, request_digest)
    values ($1, $2, $3, $4)
    on conflict do nothing`,
};

const select = {
  name: 'identity_select_answer',
  text: `
    select stored.request_digest as "requestDigest", stored.sealed_answer as "sealedAnswer"
    from idempotent_answers as stored
    where stored.actor_id = $1 and stored.operation = $2 and stored.key = $3`,
};

const store = {
  name: 'identity_store_answer',
  text: `
    update idempotent_answers set sealed_answer = $4
    where actor_id = $1 and operation = $2 and key = $3`,
};

/** Takes the key for this transaction; answers false where somebody has had it before. */
export async function reserveAnswer(session: Session, key: AnswerKey, requestDigest: Buffer): Promise<boolean> {
  const { rowCount } = await session.query(reserve, [key.actorId, key.operation, key.key, requestDigest]);
  return rowCount === 1;
}

export async function findAnswer(
  session: Session,
  key: AnswerKey,
): Promise<{ requestDigest: Buffer; sealedAnswer: Buffer | null } | undefined> {
  const { rows } = await session.query<{ requestDigest: Buffer; sealedAnswer: Buffer | null }>(select, [
    key.actorId,
    key.operation,
    key.key,
  ]);
  return rows[0];
}

export async function storeAnswer(session: Session, key: AnswerKey, sealedAnswer: Buffer): Promise<void> {
  await session.query(store, [key.actorId, key.operation, key.key, sealedAnswer]);
}
