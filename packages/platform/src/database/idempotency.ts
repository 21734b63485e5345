import type { TenantContext } from '../context/caller-context.ts';
import type { Session } from './session.ts';

/**
 * Runs work at most once per idempotency key. The key counts per tenant, actor and operation, and is kept with the
 * SHA-256 of the request. The first call runs work and stores its answer as JSON in the same transaction; a
 * concurrent twin waits for it; a later call gets the stored answer, with dates and bigints as JSON renders them
 * (bigint as a decimal string). Without a key in the context work simply runs.
 * Throws invalid `idempotency_key_reused` when the key came with another request before.
 */
export async function idempotent<T>(
  _session: Session,
  _context: TenantContext,
  _command: { operation: string; request: unknown },
  _work: () => Promise<T>,
): Promise<{ answer: T; replayed: boolean }> {
  throw new Error('pending');
}

/** The SHA-256 of a request: equal for equal content, whatever the order of its keys. For statements that insert into idempotency_keys themselves. */
export function hashRequest(_request: unknown): Buffer {
  throw new Error('pending');
}
