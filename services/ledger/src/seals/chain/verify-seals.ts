import type { ChainFaultKind, JournalFaultKind } from '@outlay/contracts';
import { type ChainStart, type Examined, examineSeals, placeOf, type SealedRecord } from './examine-seals.ts';
import type { Chain, ChainHead } from './seal.ts';
import type { SealKey } from './seal-key.ts';

/** Something that is not as a chain says. */
export interface ChainFault {
  readonly kind: ChainFaultKind;
  /** Empty where no entry can be named. */
  readonly entryId: string;
  /** 0 where no seal can be named. */
  readonly sequence: bigint;
  readonly detail: string;
}

/** Something that is not as it was sealed, or not as the journal or the audit trail says. docs/journal-seals.md says what each kind means. */
export interface JournalFault {
  readonly kind: JournalFaultKind;
  /** Empty where no entry can be named. */
  readonly entryId: string;
  /** 0 where no seal can be named. Of the kinds audit_... it is that of a seal of the audit trail. */
  readonly sequence: bigint;
  readonly detail: string;
  /** The expense that is not what the journal says; absent or empty where it is about something else. */
  readonly expenseId?: string;
  /** The account whose opening balance is not what the journal says; absent or empty where it is about something else. */
  readonly accountId?: string;
  /** The audit entry that is not as it was sealed; absent or empty where none can be named. */
  readonly auditEntryId?: string;
  /** What is not what the audit trail says, by its kind and id; absent or empty where it is about something else. */
  readonly entity?: string;
  readonly entityId?: string;
}

/**
 * Holds consecutive seals against each other, against the key and against their entries. `before` is where the chain
 * stood. The last seal should be a signed one: those behind the last signature have nothing to vouch for them, unless it is
 * known that what vouched for them was cut off (`isCut`), which is a fault of its own.
 */
export async function verifySeals<Subject, Content>(
  chain: Chain<Subject, Content>,
  before: ChainStart,
  records: readonly SealedRecord<Subject, Content>[],
  key: Pick<SealKey, 'verify'>,
  { isCut = false }: { isCut?: boolean } = {},
): Promise<ChainFault[]> {
  const examined = await examineSeals(chain, before, records, key, isCut);
  const named = (faults: readonly SealFault<Examined<Subject, Content>>[]): ChainFault[] =>
    faults.map(({ kind, record: { seal, home }, detail }) => ({
      ...{ kind, entryId: chain.nameOf(seal, home !== undefined).entryId, sequence: seal.sequence },
      detail,
    }));
  return [
    ...gapsIn(before, records),
    ...named(examined.flatMap(ownFaults)),
    ...named(forgeries(examined, chain)),
    ...unproved(examined),
    ...named(forks(before, examined)),
    ...named(examined.flatMap((record) => contentFaults(record, chain))),
  ].toSorted((a, b) => Number(a.sequence - b.sequence));
}

/** What is wrong with one seal, or with what it is of. */
interface SealFault<Record> {
  kind: ChainFault['kind'];
  record: Record;
  detail: string;
}

const changed = <Record>(record: Record, detail: string): SealFault<Record> => ({
  kind: 'seal_changed',
  record,
  detail,
});

function gapsIn(before: ChainHead, records: readonly SealedRecord<unknown, unknown>[]): ChainFault[] {
  let expected = before.sequence + 1n;
  return records.flatMap(({ seal }) => {
    const first = expected;
    expected = seal.sequence + 1n;
    return seal.sequence > first ? [sealsMissing(first, seal.sequence - 1n)] : [];
  });
}

/** The fault of seals that are not there, from first to last. */
export const sealsMissing = (first: bigint, last: bigint): ChainFault => ({
  kind: 'seal_missing',
  entryId: '',
  sequence: first,
  detail: first === last ? `Seal ${first} is gone` : `Seals ${first} to ${last} are gone`,
});

/** What is wrong with a seal by itself. */
function ownFaults<Record extends Examined<unknown, unknown>>(record: Record): SealFault<Record>[] {
  const { seal, home, isSigned, standing } = record;
  if (home === undefined) return [changed(record, 'The seal is not what its hash was made of')];
  const moved: SealFault<Record>[] =
    home === seal.sequence
      ? []
      : [{ kind: 'reordered', record, detail: `The seal stands in another place than its own, ${home}` }];
  const isForeign = standing === 'vouched' && seal.keyId !== '' && !isSigned;
  const isKeyless = seal.keyId === '' && seal.signature.length > 0;
  return [
    ...moved,
    ...(isForeign ? [changed(record, 'The signature of the seal is not its own')] : []),
    ...(isKeyless ? [changed(record, 'The seal has a signature, and says of no key that it has made it')] : []),
  ];
}

/** Of a chain that was rewritten from some seal on, that one's group is named; nothing behind it is as it was. */
function forgeries<Subject, Content>(
  examined: readonly Examined<Subject, Content>[],
  { nameOf }: Chain<Subject, Content>,
): SealFault<Examined<Subject, Content>>[] {
  let isNamed = false;
  return examined.flatMap((record) => {
    if (record.standing === 'vouched') isNamed = false;
    if (record.standing !== 'forged' || isNamed) return [];
    isNamed = record.seal.keyId !== '';
    const { noun } = nameOf(record.seal, true);
    const detail = `This seal and what follows it, up to the next good signature, were made without the key: what it seals (${noun}), or another seal of its sixteen, was rewritten`;
    return [{ kind: 'rewritten', record, detail }];
  });
}

/** One for each stretch of seals that fit together and that nothing vouches for. */
function unproved(examined: readonly Examined<unknown, unknown>[]): ChainFault[] {
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
function forks<Record extends Examined<unknown, unknown>>(
  before: ChainStart,
  examined: readonly Record[],
): SealFault<Record>[] {
  let previous: (ChainHead & { isGood: boolean }) | undefined = { ...before, isGood: !before.isUnproved };
  return examined.flatMap((record) => {
    const { seal, standing } = record;
    const follows = previous?.isGood && placeOf(record) === previous.sequence + 1n;
    const isFork = standing === 'vouched' && follows && !seal.previousHash.equals(previous?.hash ?? seal.previousHash);
    previous = { sequence: placeOf(record), hash: seal.hash, isGood: standing === 'vouched' };
    return isFork ? [changed(record, 'The seal does not follow the one before it')] : [];
  });
}

function contentFaults<Subject, Content>(
  record: Examined<Subject, Content>,
  { faultOf }: Chain<Subject, Content>,
): SealFault<Examined<Subject, Content>>[] {
  const fault = faultOf(record.seal, record.content, record.home !== undefined);
  return fault ? [{ ...fault, record }] : [];
}
