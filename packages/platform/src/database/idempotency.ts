import { createHash } from 'node:crypto';
import type { CallerContext, TenantContext } from '../context/caller-context.ts';
import { DomainError } from '../errors/domain-error.ts';
import { toJson } from './audit.ts';
import type { Session } from './session.ts';

/**
 * Runs work at most once per idempotency key. The key counts per tenant, actor and operation, and is kept with the
 * SHA-256 of the request. The first call runs work and stores its answer as JSON in the same transaction; a
 * concurrent twin waits for it; a later call gets the stored answer, in which dates are ISO strings and bigints
 * decimal strings, so an answer should hold neither. Without a key in the context work simply runs.
 * Throws invalid `idempotency_key_reused` when the key came with another request before.
 */
export async function idempotent<T>(
  session: Session,
  context: TenantContext,
  command: { operation: string; request: unknown },
  work: () => Promise<T>,
): Promise<{ answer: T; replayed: boolean }> {
  if (context.idempotencyKey === undefined) return { answer: await work(), replayed: false };
  const scope = [context.tenantId, context.actor.id, command.operation, context.idempotencyKey];
  const hash = requestHashOf(context, command.request);
  const reserved = await session.query(reserveKey, [...scope, hash]);
  if (reserved.rowCount === 0) return { answer: await storedAnswer<T>(session, scope, hash), replayed: true };
  const answer = await work();
  await session.query(storeAnswer, [...scope, toJson(answer)]);
  return { answer, replayed: false };
}

/**
 * The answer that a command was given under its key before; undefined where there is none, or no key. For work that has to
 * be done outside the transaction and is not to be done again. Throws invalid `idempotency_key_reused`.
 */
export async function findAnswer<T>(
  session: Session,
  context: TenantContext,
  command: { operation: string; request: unknown },
): Promise<T | undefined> {
  if (context.idempotencyKey === undefined) return undefined;
  const scope = [context.tenantId, context.actor.id, command.operation, context.idempotencyKey];
  return selectStored<T>(session, scope, requestHashOf(context, command.request));
}

/**
 * The SHA-256 of a request: equal for equal content, whatever the order of its keys. For statements that insert into
 * idempotency_keys themselves.
 */
export function hashRequest(request: unknown): Buffer {
  return createHash('sha256').update(canonicalJson(request)).digest();
}

/** What an idempotency key is bound to: what the client asked, or where the edge does not tell, the request itself. */
export function requestHashOf(context: CallerContext, request: unknown): Buffer {
  return context.requestDigest === undefined ? hashRequest(request) : Buffer.from(context.requestDigest, 'hex');
}

/** The refusal of a key that came with another request before; for statements that compare the hash themselves. */
export function idempotencyKeyReused(): DomainError {
  return new DomainError('invalid', 'idempotency_key_reused', 'This Idempotency-Key was used with another request', {
    details: [
      { field: 'Idempotency-Key', code: 'idempotency_key_reused', message: 'was used with another request before' },
    ],
  });
}

/** A twin's insert waits here until the first transaction has ended: if it commits, nothing is inserted. */
const reserveKey = {
  name: 'platform_reserve_idempotency_key',
  text: `
    insert into idempotency_keys (tenant_id, actor_id, operation, key, request_hash)
    values ($1, $2, $3, $4, $5)
    on conflict do nothing`,
};

const storeAnswer = {
  name: 'platform_store_idempotent_answer',
  text: `
    update idempotency_keys set answer = $5
    where tenant_id = $1 and actor_id = $2 and operation = $3 and key = $4`,
};

const selectAnswer = {
  name: 'platform_select_idempotent_answer',
  text: `
    select stored.request_hash, stored.answer
    from idempotency_keys as stored
    where stored.tenant_id = $1 and stored.actor_id = $2 and stored.operation = $3 and stored.key = $4`,
};

async function storedAnswer<T>(session: Session, scope: readonly unknown[], hash: Buffer): Promise<T> {
  const answer = await selectStored<T>(session, scope, hash);
  // Only above read committed can the twin's row be out of sight; then the caller's retry will see it.
  if (answer === undefined) {
    throw new DomainError('unavailable', 'idempotency_key_in_use', 'A request with this key is under way');
  }
  return answer;
}

async function selectStored<T>(session: Session, scope: readonly unknown[], hash: Buffer): Promise<T | undefined> {
  const { rows } = await session.query<{ request_hash: Buffer; answer: T }>(selectAnswer, scope);
  const [stored] = rows;
  if (stored && !stored.request_hash.equals(hash)) throw idempotencyKeyReused();
  return stored?.answer;
}

function canonicalJson(value: unknown): string {
  return (
    toJson(
      JSON.parse(toJson(value) ?? 'null', (_key, item: unknown) =>
        item !== null && typeof item === 'object' && !Array.isArray(item)
          ? Object.fromEntries(Object.entries(item).toSorted(([left], [right]) => (left < right ? -1 : 1)))
          : item,
      ),
    ) ?? 'null'
  );
}
