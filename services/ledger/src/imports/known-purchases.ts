import type { Session, TenantContext } from '@outlay/platform';
import type { IdentifiedRow } from './claim-purchases.ts';
import { findOwnAmongAll } from './claim-spaces.ts';
import { findOwn } from './decide-batch.ts';

/** What rows repeat whatever they are claimed by, by line: an expense of this very tenant that was exported, or their user's own. */
export async function findKnown(
  session: Session,
  context: TenantContext,
  userId: string,
  rows: readonly IdentifiedRow[],
): Promise<ReadonlyMap<number, string>> {
  return new Map([
    ...(await findOwnAmongAll(session, context, userId, rows)),
    ...(await findOwn(session, context, rows)),
  ]);
}
