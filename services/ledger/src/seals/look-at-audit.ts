import { nilId, type Session } from '@outlay/platform';
import { auditChain } from './chain/audit-chain.ts';
import type { SealKey } from './chain/seal-key.ts';
import type { ChainFault, JournalFault } from './chain/verify-seals.ts';
import { lookAtChain } from './look-at-chain.ts';
import {
  compareSealedEntries,
  type Difference,
  type GroupStanding,
  groupsStart,
  readAuditSeals,
  readGroupStandings,
  readTrail,
  trailStart,
} from './read-audit.ts';
import { newestOf } from './read-chain.ts';
import { countsOf, type PositionIn, type Step } from './verification-step.ts';

/** The next seals of the audit trail: each one, and whether the list beside it is what was sealed. */
export async function lookAtAuditSeals(
  session: Session,
  from: PositionIn<'audit_seals'>,
  stepSize: number,
  { tenantId, key }: { tenantId: string; key: SealKey },
): Promise<Step> {
  const { end, isEnd, examine } = await lookAtChain(session, {
    ...{ chain: auditChain(tenantId), name: 'audit', key, from: from.head, bound: from.bound.audit, stepSize },
    read: (after, limit, until) => readAuditSeals(session, after, limit, until),
  });
  const counted = { ...from, head: end };
  return {
    examine: async () => (await examine()).map(toAuditFault),
    counted,
    next: isEnd ? { ...countsOf(counted), phase: 'audit_groups', group: groupsStart } : counted,
  };
}

/** The same fault, of the chain over the audit trail. */
export const toAuditFault = ({ kind, entryId, ...fault }: ChainFault): JournalFault => ({
  ...fault,
  ...{ kind: `audit_${kind}`, entryId: '', auditEntryId: entryId },
});

/** The next entries that are sealed, each held against the hash in the list of its seal. */
export async function lookAtAuditGroups(
  session: Session,
  from: PositionIn<'audit_groups'>,
  stepSize: number,
): Promise<Step> {
  const until = newestOf(from.bound.audit);
  const { entryCount, differences, end } = await compareSealedEntries(session, from.group, stepSize, until);
  const standings = await readGroupStandings(session, [...new Set(differences.map(({ sequence }) => sequence))]);
  const counted = { ...from, auditSealed: from.auditSealed + entryCount };
  return {
    examine: async () =>
      differences.flatMap((difference) => entryFaults(difference, standings.get(difference.sequence))),
    counted,
    next: end ? { ...counted, group: end } : { ...countsOf(counted), phase: 'audit_trail', place: trailStart },
  };
}

/**
 * Of a list that is not what was sealed, and is named with its seal, an entry is named all the same, unless it can be shown
 * that it is the list alone that was changed: the entries as they are make up what was sealed, or the list has an id that is
 * of another group.
 */
function entryFaults(
  { sequence, entryId, isMissing, isElsewhere }: Difference,
  standing: GroupStanding | undefined,
): JournalFault[] {
  if (standing?.isPresent || (standing?.isListWhole === false && isElsewhere)) return [];
  const isMoved = isMissing && isElsewhere;
  const [kind, detail] =
    isMissing && !isMoved
      ? (['audit_missing', 'The entry is not in the audit trail any more'] as const)
      : ([
          'audit_changed',
          `The audit entry is not what was sealed${isMoved ? ': when it was recorded' : ''}`,
        ] as const);
  return [{ ...{ kind, entryId: '', sequence, auditEntryId: entryId }, detail }];
}

/** The next entries of the audit trail, sealed or not. */
export async function lookAtAuditTrail(
  session: Session,
  from: PositionIn<'audit_trail'>,
  stepSize: number,
): Promise<Step> {
  const bound = { sequence: newestOf(from.bound.audit), recordedAt: from.bound.recordedAt };
  const { entryCount, unsealedCount, oldestUnsealed, strangers, copied, end } = await readTrail(
    session,
    from.place,
    stepSize,
    bound,
  );
  const counted = {
    ...from,
    auditEntries: from.auditEntries + entryCount,
    auditUnsealed: from.auditUnsealed + unsealedCount,
    oldest: olderOf(from.oldest, oldestUnsealed),
  };
  return {
    examine: async () => [...copied.map(isCopied), ...strangers.map(inserted)],
    counted,
    next: end ? { ...counted, place: end } : { ...countsOf(counted), phase: 'expenses', afterId: nilId },
  };
}

const olderOf = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || (other !== undefined && other < one) ? other : one;

const inserted = (auditEntryId: string): JournalFault => ({
  ...{ kind: 'audit_inserted', entryId: '', sequence: 0n, auditEntryId },
  detail:
    'The audit entry has no seal and waits for none: it did not come through the ledger, or was taken out of its group',
});

const isCopied = (auditEntryId: string): JournalFault => ({
  ...{ kind: 'audit_changed', entryId: '', sequence: 0n, auditEntryId },
  detail: 'The audit entry is there more than once',
});
