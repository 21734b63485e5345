import { entryHashOf, type JournalRecord } from './entry-hash.ts';
import { type ChainHead, type Seal, sealHashOf } from './seal.ts';
import type { SealKey } from './seal-key.ts';

export const faultKinds = [
  'changed',
  'missing',
  'inserted',
  'reordered',
  'seal_changed',
  'seal_missing',
  'rewritten',
  'head_mismatch',
  'expense_changed',
  'expense_unbooked',
  'expense_missing',
  'opening_changed',
  'opening_unbooked',
  'opening_missing',
  'reversal_lost',
] as const;

/** Something that is not as it was sealed, or not as the journal says. docs/journal-seals.md says what each kind means. */
export interface JournalFault {
  readonly kind: (typeof faultKinds)[number];
  /** Empty where no entry can be named. */
  readonly entryId: string;
  /** 0 where no seal can be named. */
  readonly sequence: bigint;
  readonly detail: string;
  /** The expense that is not what the journal says; absent or empty where it is about something else. */
  readonly expenseId?: string;
  /** The account whose opening balance is not what the journal says; absent or empty where it is about something else. */
  readonly accountId?: string;
}

/** A seal with the entry it is of, as far as that is still there. */
export interface SealedRecord {
  readonly seal: Seal;
  readonly entry: JournalRecord | undefined;
}

/** A seal, and what is known of it by itself. */
interface Examined extends SealedRecord {
  /** Its hash is that of its fields. */
  readonly isWhole: boolean;
  readonly isSigned: boolean;
  /** Its hash is vouched for: by its own signature, or by the seal behind it. */
  isVouched: boolean;
}

/**
 * Holds consecutive seals against each other, against the key and against their entries. `before` is where the chain
 * stood. The last seal should be a signed one: those behind the last signature have nothing to vouch for them, unless it is
 * known that what vouched for them was cut off (`isCut`), which is a fault of its own.
 */
export async function verifySeals(
  tenantId: string,
  before: ChainHead,
  records: readonly SealedRecord[],
  key: Pick<SealKey, 'verify'>,
  { isCut = false }: { isCut?: boolean } = {},
): Promise<JournalFault[]> {
  const examined = await Promise.all(
    records.map(async (record): Promise<Examined> => {
      const { seal } = record;
      const isSigned = seal.keyId !== '' && (await key.verify(seal.keyId, seal.hash, seal.signature));
      return { ...record, isWhole: sealHashOf(tenantId, seal).equals(seal.hash), isSigned, isVouched: false };
    }),
  );
  vouch(examined, isCut ? examined.at(-1)?.seal.hash : undefined);
  return [
    ...gapsIn(before, examined),
    ...linkFaults(tenantId, before, examined),
    ...examined.flatMap((record) => entryFaults(tenantId, record)),
  ].toSorted((a, b) => Number(a.sequence - b.sequence));
}

/**
 * From the end: a seal whose hash is known to be right says what the hash of the one before must be. Where seals are
 * missing, which is a fault of its own, those before the gap are taken as they are.
 */
function vouch(examined: readonly Examined[], last: Buffer | undefined): void {
  let expected = last;
  let next: Seal | undefined;
  for (const record of examined.toReversed()) {
    const { seal, isWhole, isSigned } = record;
    if (next !== undefined && next.sequence > seal.sequence + 1n) expected = seal.hash;
    record.isVouched = isWhole && (isSigned || (expected?.equals(seal.hash) ?? false));
    // One seal that was touched takes nothing from those before it, unless it was made whole again.
    expected = record.isVouched || !isWhole ? seal.previousHash : undefined;
    next = seal;
  }
}

function gapsIn(before: ChainHead, examined: readonly Examined[]): JournalFault[] {
  let expected = before.sequence + 1n;
  return examined.flatMap(({ seal }) => {
    const first = expected;
    expected = seal.sequence + 1n;
    return seal.sequence > first ? [sealsMissing(first, seal.sequence - 1n)] : [];
  });
}

/** The fault of seals that are not there, from first to last. */
export const sealsMissing = (first: bigint, last: bigint): JournalFault => ({
  kind: 'seal_missing',
  entryId: '',
  sequence: first,
  detail: first === last ? `Seal ${first} is gone` : `Seals ${first} to ${last} are gone`,
});

function linkFaults(tenantId: string, before: ChainHead, examined: readonly Examined[]): JournalFault[] {
  const faults: JournalFault[] = [];
  const broken = examined.filter(({ isWhole }) => !isWhole);
  let previous: ChainHead = before;
  // Of a chain that was rewritten from some seal on, that one's group is named; nothing behind it is as it was.
  let rewriting: 'no' | 'first group' | 'rest' = 'no';
  for (const { seal, isWhole, isSigned, isVouched } of examined) {
    const at = { entryId: seal.entryId, sequence: seal.sequence };
    const follows = seal.sequence === previous.sequence + 1n;
    if (isVouched) rewriting = 'no';
    if (!isWhole) {
      const home = broken.find((other) => isAtHome(tenantId, seal, other.seal.sequence));
      faults.push(
        home === undefined
          ? { kind: 'seal_changed', ...at, detail: 'The seal is not what its hash was made of' }
          : { kind: 'reordered', ...at, detail: `The seal is that of ${home.seal.sequence}` },
      );
    } else if (!isVouched) {
      if (rewriting !== 'rest') {
        faults.push({ kind: 'rewritten', ...at, detail: rewrittenDetail });
        rewriting = seal.keyId === '' ? 'first group' : 'rest';
      }
    } else if (seal.keyId !== '' && !isSigned) {
      faults.push({ kind: 'seal_changed', ...at, detail: 'The signature of the seal is not its own' });
    } else if (follows && !seal.previousHash.equals(previous.hash) && isIntact(previous, examined)) {
      faults.push({ kind: 'seal_changed', ...at, detail: 'The seal does not follow the one before it' });
    }
    previous = seal;
  }
  return faults;
}

const rewrittenDetail =
  'This seal and what follows it, up to the next good signature, were made without the key: the entry, or another of its group of sixteen, was rewritten';

/** What is known to be touched explains by itself why the next one does not follow it. */
const isIntact = (previous: ChainHead, examined: readonly Examined[]): boolean =>
  examined.find(({ seal }) => seal === previous)?.isVouched ?? true;

const isAtHome = (tenantId: string, seal: Seal, sequence: bigint): boolean =>
  sequence !== seal.sequence && sealHashOf(tenantId, { ...seal, sequence }).equals(seal.hash);

/** A seal that is not whole says nothing of its entry but that it was there. */
function entryFaults(tenantId: string, { seal, entry, isWhole }: Examined): JournalFault[] {
  const at = { entryId: seal.entryId, sequence: seal.sequence };
  if (entry === undefined) return [{ kind: 'missing', ...at, detail: 'The entry is not in the journal any more' }];
  if (!isWhole || entryHashOf(tenantId, entry).equals(seal.entryHash)) return [];
  return [{ kind: 'changed', ...at, detail: 'The entry or its postings are not what was sealed' }];
}
