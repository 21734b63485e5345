import type { CallerContext } from '@outlay/platform';
import type { IdentitySession } from '../store/database.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findEarlier, type OnceCommand, once } from './once.ts';

/**
 * Runs a command at most once per idempotency key whose slow part, such as hashing a password, comes before its
 * transaction: `prepare` first, then `work` with what it answered, in a transaction of no tenant. A request that had its
 * effect before is given the first answer without being prepared: by then the password that it shows may be another one.
 */
export async function onceAfter<P, T>(
  { database, secrets }: Pick<IdentityDependencies, 'database' | 'secrets'>,
  context: CallerContext,
  command: OnceCommand<T>,
  prepare: () => Promise<P>,
  work: (session: IdentitySession, prepared: P) => Promise<T>,
): Promise<{ answer: T; replayed: boolean }> {
  const earlier = async () =>
    context.idempotencyKey === undefined
      ? undefined
      : database.withGlobal((session) => findEarlier(secrets, session, context, command), { readOnly: true });

  const repeated = await earlier();
  if (repeated) return repeated;
  let prepared: P;
  try {
    prepared = await prepare();
  } catch (error) {
    // A twin that was faster may be why it was refused.
    const twin = await earlier();
    if (twin) return twin;
    throw error;
  }
  return database.withGlobal((session) => once(secrets, session, context, command, () => work(session, prepared)));
}
