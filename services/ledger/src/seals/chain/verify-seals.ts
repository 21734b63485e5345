import { entryHashOf } from './entry-hash.ts';
import { type ChainStart, type Examined, examineSeals, placeOf, type SealedRecord } from './examine-seals.ts';
import type { ChainHead } from './seal.ts';
import type { SealKey } from './seal-key.ts';

export const faultKinds = [
  'changed',
  'missing',
  'inserted',
  'reordered',
  'seal_changed',
  'seal_missing',
  'rewritten',
  'unproved',
  'head_mismatch',
  'expense_changed',
  'expense_unbooked',
  'expense_missing',
  'expense_unaudited',
  'opening_changed',
  'opening_unbooked',
  'opening_missing',
  'reference_changed',
  'reference_missing',
  'reference_unaudited',
  'reversal_lost',
  'segment_changed',
] as const;

/** Something that is not as it was sealed, or not as the journal or the audit trail says. docs/journal-seals.md says what each kind means. */
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
  /** What is not what the audit trail says, by its kind and id; absent or empty where it is about something else. */
  readonly entity?: string;
  readonly entityId?: string;
}

/**
 * Holds consecutive seals against each other, against the key and against their entries. `before` is where the chain
 * stood. The last seal should be a signed one: those behind the last signature have nothing to vouch for them, unless it is
 * known that what vouched for them was cut off (`isCut`), which is a fault of its own.
 */
export async function verifySeals(
  tenantId: string,
  before: ChainStart,
  records: readonly SealedRecord[],
  key: Pick<SealKey, 'verify'>,
  { isCut = false }: { isCut?: boolean } = {},
): Promise<JournalFault[]> {
  const examined = await examineSeals(tenantId, before, records, key, isCut);
  return [
    ...gapsIn(before, records),
    ...examined.flatMap(ownFaults),
    ...forgeries(examined),
    ...unproved(examined),
    ...forks(before, examined),
    ...examined.flatMap((record) => entryFaults(tenantId, record)),
  ].toSorted((a, b) => Number(a.sequence - b.sequence));
}

function gapsIn(before: ChainHead, records: readonly SealedRecord[]): JournalFault[] {
  let expected = before.sequence + 1n;
  return records.flatMap(({ seal }) => {
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

const faultAt = (kind: JournalFault['kind'], { seal }: SealedRecord, detail: string): JournalFault => ({
  ...{ kind, entryId: seal.entryId, sequence: seal.sequence },
  detail,
});

/** What is wrong with a seal by itself. */
function ownFaults(record: Examined): JournalFault[] {
  const { seal, home, isSigned, standing } = record;
  if (home === undefined) return [faultAt('seal_changed', record, 'The seal is not what its hash was made of')];
  const moved =
    home === seal.sequence
      ? []
      : [faultAt('reordered', record, `The seal stands in another place than its own, ${home}`)];
  const isForeign = standing === 'vouched' && seal.keyId !== '' && !isSigned;
  return isForeign ? [...moved, faultAt('seal_changed', record, 'The signature of the seal is not its own')] : moved;
}

/** Of a chain that was rewritten from some seal on, that one's group is named; nothing behind it is as it was. */
function forgeries(examined: readonly Examined[]): JournalFault[] {
  let isNamed = false;
  return examined.flatMap((record) => {
    if (record.standing === 'vouched') isNamed = false;
    if (record.standing !== 'forged' || isNamed) return [];
    isNamed = record.seal.keyId !== '';
    return [faultAt('rewritten', record, rewrittenDetail)];
  });
}

const rewrittenDetail =
  'This seal and what follows it, up to the next good signature, were made without the key: the entry, or another of its group of sixteen, was rewritten';

/** One for each stretch of seals that fit together and that nothing vouches for. */
function unproved(examined: readonly Examined[]): JournalFault[] {
  return examined.flatMap((record, index) => {
    const isLoose = (at: number) => examined[at]?.standing === 'unproved';
    if (!isLoose(index) || isLoose(index - 1)) return [];
    let end = index;
    while (isLoose(end + 1)) end += 1;
    const [first, last] = [placeOf(record), placeOf(examined[end] ?? record)];
    const seals = first === last ? `seal ${first}` : `seals ${first} to ${last}`;
    return [
      {
        ...{ kind: 'unproved', entryId: '', sequence: first },
        detail: `Nothing vouches for ${seals}, which fit together: what proved that nobody made them anew is gone with a seal behind them`,
      } as const,
    ];
  });
}

/** Seals that the key has signed, and that do not follow those before them, which it has signed as well. */
function forks(before: ChainStart, examined: readonly Examined[]): JournalFault[] {
  let previous: (ChainHead & { isGood: boolean }) | undefined = { ...before, isGood: !before.isUnproved };
  return examined.flatMap((record) => {
    const { seal, standing } = record;
    const follows = previous?.isGood && placeOf(record) === previous.sequence + 1n;
    const isFork = standing === 'vouched' && follows && !seal.previousHash.equals(previous?.hash ?? seal.previousHash);
    previous = { sequence: placeOf(record), hash: seal.hash, isGood: standing === 'vouched' };
    return isFork ? [faultAt('seal_changed', record, 'The seal does not follow the one before it')] : [];
  });
}

/** A seal that is not what its hash was made of says nothing of its entry but that it was there. */
function entryFaults(tenantId: string, record: Examined): JournalFault[] {
  const { seal, entry, home } = record;
  if (entry === undefined) return [faultAt('missing', record, 'The entry is not in the journal any more')];
  if (home === undefined || entryHashOf(tenantId, entry).equals(seal.entryHash)) return [];
  return [faultAt('changed', record, 'The entry or its postings are not what was sealed')];
}
