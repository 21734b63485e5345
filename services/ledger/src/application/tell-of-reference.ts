import { ledger } from '@outlay/contracts';
import { enqueueEvents, type OutgoingEvent } from '@outlay/messaging';
import type { Session, TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import type { ReferenceKind } from './reference-errors.ts';

/** What is told of each kind. */
interface References {
  category: ledger.Category;
  account: ledger.Account;
  project: ledger.Project;
}

const codecs: { [K in ReferenceKind]: { toJSON: (reference: References[K]) => unknown } } = {
  category: ledger.Category,
  account: ledger.Account,
  project: ledger.Project,
};

/** How something came to be as it is. */
export type ReferenceChange = 'created' | 'updated' | 'archived' | 'restored' | 'deleted';

/**
 * Writes down what became of a category, an account or a project, in the audit trail and as an event
 * (outlay.ledger.category|account|project.created|updated|archived|restored|deleted.v1) with its whole state. Of one that
 * is deleted `after` is its last state, with the version that follows it.
 */
export async function tellOfReference<K extends ReferenceKind>(
  session: Session,
  context: TenantContext,
  kind: K,
  what: ReferenceChange,
  { before, after }: { before?: References[K]; after: References[K] },
): Promise<void> {
  const toJson = (state: References[K] | undefined) => state && codecs[kind].toJSON(state);
  await recordAudit(session, context, {
    action: `${kind}.${what}`,
    entity: kind,
    entityId: after.id,
    before: toJson(before),
    after: what === 'deleted' ? undefined : toJson(after),
  });
  const event = {
    type: `outlay.ledger.${kind}.${what}.v1`,
    tenantId: context.tenantId,
    subject: after.id,
    aggregateVersion: after.version,
    data: { [kind]: after },
  };
  // The type and the name within the data are of the same kind, which cannot be told of a template and a computed name.
  await enqueueEvents(session, context, [event as unknown as OutgoingEvent]);
}

/** What a change is called, by what it does to the archive. */
export function changeOf(before: { archivedAt?: Date | undefined }, isArchived: boolean): ReferenceChange {
  if (isArchived === (before.archivedAt !== undefined)) return 'updated';
  return isArchived ? 'archived' : 'restored';
}
