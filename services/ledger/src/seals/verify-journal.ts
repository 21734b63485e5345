import { type Clock, type Database, nilId, remainingMs, type Session, type TenantContext } from '@outlay/platform';
import { type ChainStart, isWhole, type SealedRecord } from './chain/examine-seals.ts';
import { type ChainHead, emptyChain, type Seal } from './chain/seal.ts';
import type { SealKey } from './chain/seal-key.ts';
import { type JournalFault, sealsMissing, verifySeals } from './chain/verify-seals.ts';
import { compareAccounts } from './compare-accounts.ts';
import { compareExpenses } from './compare-expenses.ts';
import { type AuditedReference, auditedReferences, compareReferences } from './compare-references.ts';
import { compareNextSegment } from './compare-segments.ts';
import { compareTenant } from './compare-tenant.ts';
import { findUnshown } from './find-unshown.ts';
import {
  type JournalPosition,
  journalEnd,
  journalStart,
  type RememberedHead,
  readHead,
  readLoose,
  readMoment,
  readSealed,
  readSealHash,
} from './read-journal.ts';

/** How far a verification has got, and what it has counted until there. */
export type VerificationPosition = {
  entries: number;
  sealed: number;
  unsealed: number;
  expenses: number;
  accounts: number;
  references: number;
  oldest: string | undefined;
  bound: VerificationBound;
} & (
  | { phase: 'seals'; head: ChainStart }
  | { phase: 'journal'; after: JournalPosition }
  | { phase: 'expenses'; afterId: string }
  | { phase: 'accounts'; afterId: string }
  | { phase: 'references'; of: AuditedReference; afterId: string }
  | { phase: 'segments'; afterNumber: number }
);

/** The journal that a verification is of: that of the moment when it began, however long it takes. */
export interface VerificationBound extends RememberedHead {
  recordedAt: string;
}

export interface Verification {
  faults: JournalFault[];
  entries: number;
  sealed: number;
  unsealed: number;
  expenses: number;
  accounts: number;
  references: number;
  /** When the oldest entry was recorded that waits for its seal. */
  oldestUnsealedAt: string | undefined;
  head: Pick<Seal, 'sequence' | 'hash' | 'sealedAt'> | undefined;
  /** Undefined: all has been looked at. */
  next: VerificationPosition | undefined;
}

/** What verifying takes. */
export interface VerificationWork {
  database: Database;
  key: SealKey;
  clock: Clock;
  /** As long as one call goes on; 15,000 unless set. */
  budgetMs?: number;
  /** Entries read at once, no fewer than sixteen: a step must reach a signature; 1,000 unless set. */
  stepSize?: number;
}

const budgetMsDefault = 15_000;
const stepSizeDefault = 1_000;
/** An answer that names so many ends; the next one goes on with the others. */
const faultsMax = 100;
/** What is left of the caller's time when an answer is made. */
const reserveMs = 500;

async function readBeginning(session: Session): Promise<VerificationPosition> {
  const head = await readHead(session);
  const bound = { ...head, recordedAt: await readMoment(session) };
  const counts = { entries: 0, sealed: 0, unsealed: 0, expenses: 0, accounts: 0, references: 0, oldest: undefined };
  return { ...counts, bound, phase: 'seals', head: emptyChain };
}

/**
 * Holds the tenant's journal against its chain of seals: first each seal with its entry, in the order of the chain, then
 * the journal for what has no seal and for what no expense or account shows, then each expense with its entry and the audit
 * entry of its last change, each account with the entry of its opening balance, what expenses refer to and the tenant's rates
 * with the audit trail, and last the segments that the books are read from. Step by step, each in a
 * snapshot of its own, so that it takes little memory and holds nobody up; when its time is over, or it has found a
 * hundred faults, it says where to go on; all that its last step found is named with them, where so much is wrong that is of
 * a hundred entries or expenses. All steps count what was there when the first began, so that entries are those
 * sealed and those not, whatever is booked and sealed meanwhile. `kept` is a head that the caller knows from earlier: the
 * chain must still contain it.
 */
export async function verifyJournal(
  work: VerificationWork,
  context: TenantContext,
  given: { from?: VerificationPosition | undefined; kept?: ChainHead | undefined },
): Promise<Verification> {
  const { database, clock, budgetMs = budgetMsDefault, stepSize = stepSizeDefault } = work;
  const endsAt = clock().getTime() + Math.min(budgetMs, (remainingMs() ?? budgetMs) - reserveMs);
  const read = <T>(step: (session: Session) => Promise<T>): Promise<T> =>
    database.withTenant(context, step, { isolation: 'repeatable read', readOnly: true });

  const { kept } = given;
  const from = given.from ?? (await read(readBeginning));
  const faults = kept && !given.from ? await read((session) => keptHeadFaults(session, kept)) : [];
  const seals = { tenantId: context.tenantId, key: work.key };
  let counted = from;
  let next: VerificationPosition | undefined = from;
  let size = stepSize;
  do {
    let step: Step = await read(lookFrom(next, size, seals));
    let found = await step.examine();
    // Where so much is wrong it is named bit by bit. Though time be over: an answer has to come further.
    if (found.length > faultsMax && size > faultsMax) {
      size = faultsMax;
      step = await read(lookFrom(next, size, seals));
      found = await step.examine();
    }
    for (const fault of found) faults.push(fault);
    ({ counted, next } = step);
  } while (next !== undefined && faults.length < faultsMax && clock().getTime() < endsAt);
  const head = from.bound.newest;
  const { entries, sealed, unsealed, expenses, accounts, references, oldest: oldestUnsealedAt } = counted;
  return { faults, entries, sealed, unsealed, expenses, accounts, references, oldestUnsealedAt, head, next };
}

/** What was read in one transaction, to be examined after it. */
interface Step {
  examine: () => Promise<JournalFault[]>;
  counted: VerificationPosition;
  next: VerificationPosition | undefined;
}

const lookFrom =
  (from: VerificationPosition, stepSize: number, seals: { tenantId: string; key: SealKey }) =>
  (session: Session): Promise<Step> => {
    switch (from.phase) {
      case 'seals':
        return lookAtSeals(session, from, stepSize, seals);
      case 'journal':
        return lookAround(session, from, stepSize);
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
  from: Extract<VerificationPosition, { phase: 'seals' }>,
  stepSize: number,
  { tenantId, key }: { tenantId: string; key: SealKey },
): Promise<Step> {
  const { bound } = from;
  const records = await readSealed(session, from.head.sequence, stepSize, newestOf(bound));
  const isEnd = records.length < stepSize;
  const { part, isUnproved } = isEnd
    ? { part: records, isUnproved: false }
    : await upToSignature(tenantId, records, key);
  const { sequence, hash } = part.at(-1)?.seal ?? from.head;
  const counted = { ...from, sealed: from.sealed + part.length, head: { sequence, hash, isUnproved } };
  const isCut = isUnproved || (isEnd && bound.sequence > sequence);
  return {
    examine: async () => {
      const found = await verifySeals(tenantId, from.head, part, key, { isCut });
      // What is wrong with the last seal explains by itself why it is not the one that the ledger remembers.
      const isNamed = found.some((fault) => fault.sequence === sequence && fault.kind !== 'changed');
      return isEnd && !(isNamed && bound.sequence === sequence) ? [...found, ...endFaults(counted.head, bound)] : found;
    },
    counted,
    next: isEnd ? { ...countsOf(counted), phase: 'journal', after: journalStart } : counted,
  };
}

async function lookAround(
  session: Session,
  from: Extract<VerificationPosition, { phase: 'journal' }>,
  stepSize: number,
): Promise<Step> {
  const bound = { sequence: newestOf(from.bound), recordedAt: from.bound.recordedAt };
  const { entryCount, records, end } = await readLoose(session, from.after, {
    ...{ stretchSize: stepSize, limit: stepSize, bound },
  });
  const unshown = await findUnshown(session, from.after, end ?? journalEnd);
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
    next: end ? { ...counted, after: end } : { ...countsOf(counted), phase: 'expenses', afterId: nilId },
  };
}

async function lookAtExpenses(
  session: Session,
  from: Extract<VerificationPosition, { phase: 'expenses' }>,
  stepSize: number,
): Promise<Step> {
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

async function lookAtAccounts(
  session: Session,
  from: Extract<VerificationPosition, { phase: 'accounts' }>,
  stepSize: number,
): Promise<Step> {
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

async function lookAtReferences(
  session: Session,
  from: Extract<VerificationPosition, { phase: 'references' }>,
  stepSize: number,
): Promise<Step> {
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
async function lookAtSegment(
  session: Session,
  from: Extract<VerificationPosition, { phase: 'segments' }>,
): Promise<Step> {
  const { faults, number } = await compareNextSegment(session, from.afterNumber);
  return {
    examine: async () => faults,
    counted: from,
    next: number === undefined ? undefined : { ...from, afterNumber: number },
  };
}

const countsOf = (position: VerificationPosition) => {
  const { entries, sealed, unsealed, expenses, accounts, references, oldest, bound } = position;
  return { entries, sealed, unsealed, expenses, accounts, references, oldest, bound };
};

const newestOf = ({ newest }: VerificationBound): bigint => newest?.sequence ?? 0n;

/**
 * A step ends with a good signature, which vouches for what is before it; where there is none, with what was given out as
 * one, and the next step does not rely on it.
 */
async function upToSignature(
  tenantId: string,
  records: readonly SealedRecord[],
  key: SealKey,
): Promise<{ part: readonly SealedRecord[]; isUnproved: boolean }> {
  const signed = [...records.keys()].filter((index) => records[index]?.seal.keyId !== '').reverse();
  for (const index of signed) {
    const seal = records[index]?.seal;
    if (seal && isWhole(tenantId, seal) && (await key.verify(seal.keyId, seal.hash, seal.signature))) {
      return { part: records.slice(0, index + 1), isUnproved: false };
    }
  }
  return { part: records.slice(0, (signed[0] ?? records.length - 1) + 1), isUnproved: true };
}

function endFaults(last: ChainHead, remembered: RememberedHead): JournalFault[] {
  if (remembered.sequence > last.sequence) return [sealsMissing(last.sequence + 1n, remembered.sequence)];
  if (remembered.sequence === last.sequence && remembered.hash.equals(last.hash)) return [];
  return [headMismatch(last.sequence, 'The chain does not end where the ledger left it')];
}

async function keptHeadFaults(session: Session, kept: ChainHead): Promise<JournalFault[]> {
  const { newest } = await readHead(session);
  const hash = await readSealHash(session, kept.sequence);
  if (hash?.equals(kept.hash)) return [];
  const newestSequence = newest?.sequence ?? 0n;
  if (hash === undefined && kept.sequence > newestSequence) return [sealsMissing(newestSequence + 1n, kept.sequence)];
  return [headMismatch(kept.sequence, 'The chain is not the one that the given head is of')];
}

const headMismatch = (sequence: bigint, detail: string): JournalFault => ({
  ...{ kind: 'head_mismatch', entryId: '', sequence },
  detail,
});

const inserted = (entryId: string, isEntry: boolean): JournalFault => ({
  ...{ kind: 'inserted', entryId, sequence: 0n },
  detail: isEntry
    ? 'The entry has no seal and waits for none: it did not come through the ledger, or its seal was taken away'
    : 'There are postings by this id without an entry',
});
