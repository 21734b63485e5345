import { type Clock, type Database, nilId, remainingMs, type Session, type TenantContext } from '@outlay/platform';
import { journalChain } from './chain/journal-chain.ts';
import { type ChainHead, emptyChain, type Link } from './chain/seal.ts';
import type { SealKey } from './chain/seal-key.ts';
import type { JournalFault } from './chain/verify-seals.ts';
import { compareAccounts } from './compare-accounts.ts';
import { compareExpenses } from './compare-expenses.ts';
import { compareReferences } from './compare-references.ts';
import { compareNextSegment } from './compare-segments.ts';
import { compareTenant } from './compare-tenant.ts';
import { findUnshown } from './find-unshown.ts';
import { lookAtAuditGroups, lookAtAuditSeals, lookAtAuditTrail, toAuditFault } from './look-at-audit.ts';
import { keptHeadFaults, lookAtChain } from './look-at-chain.ts';
import { newestOf, readHead } from './read-chain.ts';
import { readInTime } from './read-in-time.ts';
import { journalEnd, journalStart, readLoose, readMoment, readSealed } from './read-journal.ts';
import { auditedReferences } from './reference-statements.ts';
import {
  countsOf,
  type PositionIn,
  type Step,
  type VerificationCounts,
  type VerificationPosition,
} from './verification-step.ts';

/** What a verification has found so far. */
export interface Verification extends Omit<VerificationCounts, 'bound' | 'oldest'> {
  faults: JournalFault[];
  /** When the oldest entry was recorded that waits for its seal, of the journal or of the audit trail. */
  oldestUnsealedAt: string | undefined;
  head: Pick<Link, 'sequence' | 'hash' | 'sealedAt'> | undefined;
  auditHead: Pick<Link, 'sequence' | 'hash' | 'sealedAt'> | undefined;
  /** Undefined: all has been looked at. */
  next: VerificationPosition | undefined;
}

/** What verifying takes. */
export interface VerificationWork {
  database: Database;
  key: SealKey;
  clock: Clock;
  /** As long as one call goes on; 10,000 unless set. */
  budgetMs?: number;
  /** Entries read at once, no fewer than sixteen: a step must reach a signature; 1,000 unless set. */
  stepSize?: number;
  /** Milliseconds that a statement of a step may take before fewer are looked at; unless set, as long as any may. */
  stepMs?: number;
}

const budgetMsDefault = 10_000;
const stepSizeDefault = 1_000;
/** An answer that names so many ends; the next one goes on with the others. */
const faultsMax = 100;
/** What is left of the caller's time when an answer is made. */
const reserveMs = 500;

async function readBeginning(session: Session): Promise<VerificationPosition> {
  const [head, audit] = [await readHead(session, 'journal'), await readHead(session, 'audit')];
  const bound = { ...head, audit, recordedAt: await readMoment(session) };
  const counts = {
    ...{ entries: 0, sealed: 0, unsealed: 0, oldest: undefined, expenses: 0, accounts: 0, references: 0 },
    ...{ auditEntries: 0, auditSealed: 0, auditUnsealed: 0 },
  };
  return { ...counts, bound, phase: 'seals', head: emptyChain };
}

/**
 * Holds the tenant's journal against its chain of seals: first each seal with its entry, in the order of the chain, then
 * the journal for what has no seal and for what no expense or account shows, then the same of the audit trail: each seal of
 * its chain, each sealed entry, and what has no seal; then each expense with its entry and the audit entry of its last
 * change, each account with the entry of its opening balance, what expenses refer to, the tenant's rates and import mappings with the audit
 * trail, and last the segments that the books are read from. Step by step, each in a
 * snapshot of its own, so that it takes little memory and holds nobody up; when its time is over, or it has found a
 * hundred faults, it says where to go on; all that its last step found is named with them, where so much is wrong that is of
 * a hundred entries or expenses. All steps count what was there when the first began, so that entries are those
 * sealed and those not, whatever is booked and sealed meanwhile. `kept` and `keptAudit` are heads that the caller
 * knows from earlier: the chains must still contain them.
 */
export async function verifyJournal(
  work: VerificationWork,
  context: TenantContext,
  given: { from?: VerificationPosition | undefined; kept?: ChainHead | undefined; keptAudit?: ChainHead | undefined },
): Promise<Verification> {
  const { database, clock, budgetMs = budgetMsDefault, stepSize = stepSizeDefault } = work;
  const endsAt = clock().getTime() + Math.min(budgetMs, (remainingMs() ?? budgetMs) - reserveMs);
  const read = <T>(step: (session: Session) => Promise<T>): Promise<T> =>
    database.withTenant(context, step, { isolation: 'repeatable read', readOnly: true });

  const { kept, keptAudit } = given;
  const from = given.from ?? (await read(readBeginning));
  const faults: JournalFault[] = [];
  if (kept && !given.from) faults.push(...(await read((session) => keptHeadFaults(session, 'journal', kept))));
  if (keptAudit && !given.from) {
    faults.push(...(await read((session) => keptHeadFaults(session, 'audit', keptAudit))).map(toAuditFault));
  }
  const seals = { tenantId: context.tenantId, key: work.key };
  let counted = from;
  let next: VerificationPosition | undefined = from;
  const look = async (at: VerificationPosition, tried: number) => {
    const sizeMin = sizeMinOf(at, stepSize);
    const { result, size } = await readInTime(database, context, {
      ...{ size: Math.max(tried, sizeMin), sizeMin, manyMs: work.stepMs },
      read: (session, fewer) => lookFrom(at, fewer, seals)(session),
    });
    return { step: result, size, found: await result.examine() };
  };
  let sizeMax = stepSize;
  let size = stepSize;
  do {
    let looked = await look(next, size);
    // Where so much is wrong it is named bit by bit. Though time be over: an answer has to come further.
    if (looked.found.length > faultsMax && looked.size > faultsMax) {
      sizeMax = faultsMax;
      looked = await look(next, sizeMax);
    }
    for (const fault of looked.found) faults.push(fault);
    ({ counted, next } = looked.step);
    // Behind what took long to read, it may go on as before.
    size = Math.min(sizeMax, looked.size * 2);
  } while (next !== undefined && faults.length < faultsMax && clock().getTime() < endsAt);
  const { bound, oldest: oldestUnsealedAt, ...counts } = countsOf(counted);
  return { ...counts, faults, oldestUnsealedAt, head: bound.newest, auditHead: bound.audit.newest, next };
}

/** How many a step looks at that must come to an end: of seals, as many as have a signature among them. */
function sizeMinOf({ phase }: VerificationPosition, stepSize: number): number {
  if (phase === 'segments') return stepSize;
  return Math.min(stepSize, phase === 'seals' || phase === 'audit_seals' ? 16 : 1);
}

const lookFrom =
  (from: VerificationPosition, stepSize: number, seals: { tenantId: string; key: SealKey }) =>
  (session: Session): Promise<Step> => {
    switch (from.phase) {
      case 'seals':
        return lookAtSeals(session, from, stepSize, seals);
      case 'journal':
        return lookAround(session, from, stepSize);
      case 'audit_seals':
        return lookAtAuditSeals(session, from, stepSize, seals);
      case 'audit_groups':
        return lookAtAuditGroups(session, from, stepSize);
      case 'audit_trail':
        return lookAtAuditTrail(session, from, stepSize);
      case 'expenses':
        return lookAtExpenses(session, from, stepSize);
      case 'accounts':
        return lookAtAccounts(session, from, stepSize);
      case 'references':
        return lookAtReferences(session, from, stepSize);
      case 'segments':
        return lookAtSegment(session, from);
    }
  };

async function lookAtSeals(
  session: Session,
  from: PositionIn<'seals'>,
  stepSize: number,
  { tenantId, key }: { tenantId: string; key: SealKey },
): Promise<Step> {
  const { end, sealCount, isEnd, examine } = await lookAtChain(session, {
    ...{ chain: journalChain(tenantId), name: 'journal', key, from: from.head, bound: from.bound, stepSize },
    read: (after, limit, until) => readSealed(session, after, limit, until),
  });
  const counted = { ...from, sealed: from.sealed + sealCount, head: end };
  return {
    examine,
    counted,
    next: isEnd ? { ...countsOf(counted), phase: 'journal', after: journalStart } : counted,
  };
}

async function lookAround(session: Session, from: PositionIn<'journal'>, stepSize: number): Promise<Step> {
  const bound = { sequence: newestOf(from.bound), recordedAt: from.bound.recordedAt };
  const { entryCount, records, end } = await readLoose(session, from.after, {
    ...{ stretchSize: stepSize, limit: stepSize, bound },
  });
  const unshown = await findUnshown(session, from.after, end ?? journalEnd, stepSize);
  const waiting = records.filter(({ isWaiting, isWithin }) => isWaiting && isWithin);
  const strangers = records.filter(({ isWaiting }) => !isWaiting);
  const counted = {
    ...from,
    entries: from.entries + entryCount,
    unsealed: from.unsealed + waiting.length,
    oldest: from.oldest ?? waiting[0]?.entry.recordedAt,
  };
  return {
    examine: async () => [...strangers.map(({ entry }) => inserted(entry.id, entry.kind !== '')), ...unshown],
    counted,
    next: end ? { ...counted, after: end } : { ...countsOf(counted), phase: 'audit_seals', head: emptyChain },
  };
}

async function lookAtExpenses(session: Session, from: PositionIn<'expenses'>, stepSize: number): Promise<Step> {
  const { expenseCount, faults, endId } = await compareExpenses(session, from.afterId, stepSize, from.bound.recordedAt);
  const counted = { ...from, expenses: from.expenses + expenseCount };
  return {
    examine: async () => faults,
    counted,
    next:
      endId === undefined
        ? { ...countsOf(counted), phase: 'accounts', afterId: nilId }
        : { ...counted, afterId: endId },
  };
}

async function lookAtAccounts(session: Session, from: PositionIn<'accounts'>, stepSize: number): Promise<Step> {
  const { accountCount, faults, endId } = await compareAccounts(session, from.afterId, stepSize, from.bound.recordedAt);
  const counted = { ...from, accounts: from.accounts + accountCount };
  return {
    examine: async () => faults,
    counted,
    next:
      endId === undefined
        ? { ...countsOf(counted), phase: 'references', of: auditedReferences[0], afterId: nilId }
        : { ...counted, afterId: endId },
  };
}

async function lookAtReferences(session: Session, from: PositionIn<'references'>, stepSize: number): Promise<Step> {
  const { of, afterId, bound } = from;
  const found = await compareReferences(session, of, afterId, stepSize, bound.recordedAt);
  const counted = { ...from, references: from.references + found.referenceCount };
  const nextKind = auditedReferences[auditedReferences.indexOf(of) + 1];
  const isEnd = found.endId === undefined && nextKind === undefined;
  const ofTenant = isEnd ? await compareTenant(session) : [];
  const next = (): VerificationPosition => {
    if (found.endId !== undefined) return { ...counted, afterId: found.endId };
    if (nextKind !== undefined) return { ...counted, of: nextKind, afterId: nilId };
    return { ...countsOf(counted), phase: 'segments', afterNumber: 0 };
  };
  return { examine: async () => [...found.faults, ...ofTenant], counted, next: next() };
}

/** A segment at a time, however long a step may be: it is made of about ten thousand postings. */
async function lookAtSegment(session: Session, from: PositionIn<'segments'>): Promise<Step> {
  const { faults, number } = await compareNextSegment(session, from.afterNumber);
  return {
    examine: async () => faults,
    counted: from,
    next: number === undefined ? undefined : { ...from, afterNumber: number },
  };
}

const inserted = (entryId: string, isEntry: boolean): JournalFault => ({
  ...{ kind: 'inserted', entryId, sequence: 0n },
  detail: isEntry
    ? 'The entry has no seal and waits for none: it did not come through the ledger, or its seal was taken away'
    : 'There are postings by this id without an entry',
});
