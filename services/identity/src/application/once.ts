import { type CallerContext, DomainError, idempotencyKeyReused, requestHashOf, type SecretBox } from '@outlay/platform';
import type { IdentitySession } from '../store/database.ts';
import { type AnswerKey, findAnswer, reserveAnswer, storeAnswer } from '../store/idempotent-answers.ts';

/** How an answer turns into plain JSON and back. */
export interface AnswerCodec<T> {
  toJSON(answer: T): unknown;
  fromJSON(plain: unknown): T;
}

/** A command, as its idempotency key is bound to it. */
export interface OnceCommand<T> {
  operation: string;
  request: unknown;
  codec?: AnswerCodec<T>;
}

/**
 * Runs work at most once per idempotency key of a caller and operation, in the session's transaction; without a key
 * work simply runs. Unlike platform's `idempotent` it serves callers without a tenant, and keeps nothing readable: the
 * answer, which may hold tokens, is sealed, and the digest of the request, which may hold passwords, is keyed. A caller
 * within a tenant is another one in the next. Answers travel as JSON: without a codec, such as that of a message, an
 * answer should hold neither dates nor bigints. Throws invalid `idempotency_key_reused`.
 */
export async function once<T>(
  secrets: SecretBox,
  session: IdentitySession,
  context: CallerContext,
  command: OnceCommand<T>,
  work: () => Promise<T>,
): Promise<{ answer: T; replayed: boolean }> {
  const key = keyOf(context, command.operation);
  if (!key) return { answer: await work(), replayed: false };
  if (!(await reserveAnswer(session, key, digestOf(secrets, context, command.request)))) {
    const earlier = await findEarlier(secrets, session, context, command);
    if (earlier) return earlier;
    throw new DomainError('unavailable', 'idempotency_key_in_use', 'A request with this key is under way');
  }
  const answer = await work();
  const plain = command.codec ? command.codec.toJSON(answer) : answer;
  await storeAnswer(session, key, secrets.seal(JSON.stringify(plain ?? null), boundTo(key)));
  return { answer, replayed: false };
}

/**
 * The answer to an earlier request with the same key, for commands that do slow work before their transaction; undefined
 * where there is none. Throws invalid `idempotency_key_reused`.
 */
export async function findEarlier<T>(
  secrets: SecretBox,
  session: IdentitySession,
  context: CallerContext,
  command: OnceCommand<T>,
): Promise<{ answer: T; replayed: true } | undefined> {
  const key = keyOf(context, command.operation);
  if (!key) return undefined;
  const stored = await findAnswer(session, key);
  if (!stored?.sealedAnswer) return undefined;
  if (!stored.requestDigest.equals(digestOf(secrets, context, command.request))) throw idempotencyKeyReused();
  const plain: unknown = JSON.parse(secrets.open(stored.sealedAnswer, boundTo(key)));
  return { answer: command.codec ? command.codec.fromJSON(plain) : (plain as T), replayed: true };
}

function keyOf({ actor, tenantId, idempotencyKey }: CallerContext, operation: string): AnswerKey | undefined {
  if (idempotencyKey === undefined) return undefined;
  const scoped = tenantId === undefined ? operation : `${operation} ${tenantId}`;
  return { actorId: actor.id, operation: scoped, key: idempotencyKey };
}

function digestOf(secrets: SecretBox, context: CallerContext, request: unknown): Buffer {
  return secrets.digest(requestHashOf(context, request));
}

function boundTo({ actorId, operation, key }: AnswerKey): string {
  return `answer ${actorId} ${operation} ${key}`;
}
