import { isDeepStrictEqual } from 'node:util';
import type { SealedRecord } from './chain/examine-seals.ts';
import type { Seal } from './chain/seal.ts';
import type { ChainFault } from './chain/verify-seals.ts';

/** A seal with what it is of, and whether either of them is stored more than once. */
export interface GatheredRecord<Subject, Content> extends SealedRecord<Subject, Content> {
  isSealCopied: boolean;
  isContentCopied: boolean;
}

/** A row of a seal with what it is of, in the order of the chain. */
export interface ReadRecord<Subject, Content> extends SealedRecord<Subject, Content> {
  /** Which of the seals of its number it is, from 1. It comes once more with each copy of what it is of. */
  readonly copy: number;
}

/** What is read of a chain at once. */
export interface ReadStretch<Subject, Content> {
  records: GatheredRecord<Subject, Content>[];
  /** Whether there are no more seals behind them. */
  isEnd: boolean;
}

/** Of one number no more seals are told apart, where somebody has put in many. */
const variantsMax = 16;

/**
 * Makes one record of all that are alike, so that a seal which somebody has put in again does not count as one that follows it.
 * `limit` is how many seals were asked for.
 */
export function gatherCopies<Subject, Content>(
  rows: readonly ReadRecord<Subject, Content>[],
  limit: number,
): ReadStretch<Subject, Content> {
  const records: GatheredRecord<Subject, Content>[] = [];
  let ofNumber: GatheredRecord<Subject, Content>[] = [];
  let previous: ReadRecord<Subject, Content> | undefined;
  let sealCount = 0;
  for (const row of rows) {
    const { seal, content, copy } = row;
    const isNumberKnown = previous?.seal.sequence === seal.sequence;
    const isContentCopied = isNumberKnown && previous?.copy === copy;
    previous = row;
    if (!isContentCopied) sealCount += 1;
    if (!isNumberKnown) ofNumber = [];
    const known = ofNumber.find((other) => isSame(other.seal, seal));
    if (known !== undefined) {
      known.isSealCopied ||= copy > 1;
      known.isContentCopied ||= isContentCopied;
    } else if (ofNumber.length < variantsMax) {
      const gathered = { seal, content, isSealCopied: copy > 1, isContentCopied };
      ofNumber.push(gathered);
      records.push(gathered);
    }
  }
  return { records, isEnd: sealCount < limit };
}

const isSame = <Subject>(one: Seal<Subject>, other: Seal<Subject>): boolean => isDeepStrictEqual(one, other);

/** The faults of seals, and of what they are of, that are there more than once. */
export const copyFaults = <Subject, Content>(
  records: readonly GatheredRecord<Subject, Content>[],
  entryIdOf: (seal: Seal<Subject>) => string,
): ChainFault[] =>
  records.flatMap(({ seal, isSealCopied, isContentCopied }) => {
    const { sequence } = seal;
    const ofSeal: ChainFault = {
      ...{ kind: 'seal_changed', entryId: '', sequence },
      detail: 'There is more than one seal of this number',
    };
    const ofContent: ChainFault = {
      ...{ kind: 'changed', entryId: entryIdOf(seal), sequence },
      detail: 'The entry is in the journal more than once',
    };
    return [...(isSealCopied ? [ofSeal] : []), ...(isContentCopied ? [ofContent] : [])];
  });
