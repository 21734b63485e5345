import { nilId, type Session } from '@outlay/platform';
import type { JournalFault } from './chain/verify-seals.ts';
import { followIndexes } from './follow-indexes.ts';
import { hasNilId } from './has-nil-id.ts';
import { type AuditedReference, referenceStatements } from './reference-statements.ts';

/** What of some references is not what the audit trail says. */
export interface ComparedReferences {
  /** Those of them that were there by the moment that was asked about. */
  referenceCount: number;
  faults: JournalFault[];
  /** The last one; undefined: there are no more of the kind. */
  endId: string | undefined;
}

/**
 * Holds the next things of a kind, in the order of their ids, against the last audit entry of each: those that are there, and
 * those that the audit trail knows. Of an opening balance the journal says more (compare-accounts.ts); what stands above a
 * category is called as it was when the entry was written, and not compared.
 */
export async function compareReferences(
  session: Session,
  entity: AuditedReference,
  afterId: string,
  limit: number,
  recordedAt: string,
): Promise<ComparedReferences> {
  const { find, compare, table } = referenceStatements[entity];
  await followIndexes(session);
  const nameless = afterId === nilId && (await hasNilId(session, table));
  const ofNothing = nameless
    ? faultOf(entity, nilId, 'reference_unaudited', 'The ledger gives this id to nothing')
    : [];
  const { rows: slices } = await session.query<{ shown: string[]; audited: string[] }>(find, [
    ...[session.tenantId, afterId, limit],
  ]);
  const shown = slices[0]?.shown ?? [];
  const { ids, endId } = nextOf(shown, slices[0]?.audited ?? [], limit);
  if (ids.length === 0) return { referenceCount: 0, faults: ofNothing, endId };
  const { rows } = await session.query<ComparedRow>(compare, [session.tenantId, ids, ids, recordedAt]);
  return {
    referenceCount: rows.filter((row) => row.is_counted).length,
    faults: [...ofNothing, ...copyFaults(entity, shown, ids), ...rows.flatMap((row) => faultsOf(entity, row))],
    endId,
  };
}

/** As far as both lists go: what is behind the end of a full one may be missing in the other. */
function nextOf(shown: readonly string[], audited: readonly string[], limit: number) {
  const ends = [shown, audited].flatMap((list) => (list.length < limit ? [] : (list.at(-1) ?? [])));
  const endId = ends.toSorted()[0];
  const ids = [...new Set([...shown, ...audited])].filter((id) => endId === undefined || id <= endId);
  return { ids: ids.toSorted(), endId };
}

interface ComparedRow {
  id: string;
  is_shown: boolean;
  is_counted: boolean;
  is_audited: boolean;
  is_deleted: boolean;
  /** Whether the last audit entry is of an earlier version. */
  is_older: boolean;
  /** Empty: none. */
  differences: string;
  is_changed_between: boolean;
}

const words: Record<AuditedReference, string> = {
  category: 'category',
  account: 'account',
  project: 'project',
  exchange_rate: 'exchange rate',
  import_mapping: 'import mapping',
};

const faultOf = (entity: AuditedReference, id: string, kind: JournalFault['kind'], detail: string): JournalFault[] => [
  {
    ...{ kind, entryId: '', sequence: 0n, entity, entityId: id, detail },
    ...(entity === 'account' ? { accountId: id } : {}),
  },
];

function faultsOf(entity: AuditedReference, row: ComparedRow): JournalFault[] {
  const fault = (kind: JournalFault['kind'], detail: string) => faultOf(entity, row.id, kind, detail);
  const word = words[entity];
  if (!row.is_shown) {
    const isMissing = row.is_audited && !row.is_deleted;
    return isMissing ? fault('reference_missing', `The ${word} is gone, and no audit entry says why`) : [];
  }
  if (!row.is_audited) return fault('reference_unaudited', `The audit trail says nothing of the ${word}`);
  if (row.is_deleted) return fault('reference_unaudited', `The audit trail says that the ${word} was deleted`);
  if (row.is_older) {
    return fault('reference_unaudited', `The audit trail has no entry of the last change of the ${word}`);
  }
  if (row.differences !== '') {
    return fault('reference_changed', `The ${word} is not what its audit entry says: ${row.differences}`);
  }
  if (!row.is_changed_between) return [];
  return fault('reference_changed', `The ${word} was changed between two of its audit entries, without one of its own`);
}

/** Of each rate there are as many rows as it has revisions, which are counted when it is compared. */
function copyFaults(entity: AuditedReference, shown: readonly string[], ids: readonly string[]): JournalFault[] {
  if (entity === 'exchange_rate') return [];
  const copied = new Set(shown.filter((id, index) => shown[index - 1] === id));
  return ids
    .filter((id) => copied.has(id))
    .flatMap((id) => faultOf(entity, id, 'reference_changed', `The ${words[entity]} is there more than once`));
}
