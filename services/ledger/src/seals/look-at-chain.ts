import type { Session } from '@outlay/platform';
import { type ChainStart, isWhole } from './chain/examine-seals.ts';
import type { Chain, ChainHead } from './chain/seal.ts';
import type { SealKey } from './chain/seal-key.ts';
import { type ChainFault, sealsMissing, verifySeals } from './chain/verify-seals.ts';
import { copyFaults, type GatheredRecord, type ReadStretch } from './gather-copies.ts';
import {
  type ChainName,
  findSealBeforeFirst,
  isHeadCopied,
  newestOf,
  type RememberedHead,
  readHead,
  readSealHash,
} from './read-chain.ts';

/** What a stretch of a chain is looked at with. */
export interface ChainStretch<Subject, Content> {
  chain: Chain<Subject, Content>;
  name: ChainName;
  key: SealKey;
  /** Where it begins. */
  from: ChainStart;
  /** Where the chain stood when the verification began. */
  bound: RememberedHead;
  /** How many seals are looked at, at most. */
  stepSize: number;
  read: (after: bigint, limit: number, until: bigint) => Promise<ReadStretch<Subject, Content>>;
}

/** What was read of a chain: where that ends, how many seals it is, and what is wrong with them. */
export interface LookedAt {
  end: ChainStart;
  sealCount: number;
  isEnd: boolean;
  examine: () => Promise<ChainFault[]>;
}

/** Reads the next seals, up to a good signature or the end, and says how they are examined once the transaction is over. */
export async function lookAtChain<Subject, Content>(
  session: Session,
  stretch: ChainStretch<Subject, Content>,
): Promise<LookedAt> {
  const { chain, name, key, from, bound } = stretch;
  const beforeFirst = from.sequence === 0n ? await findSealBeforeFirst(session, name) : undefined;
  const isCopied = from.sequence === 0n && (await isHeadCopied(session, name));
  const { records, isEnd } = await readStretch(stretch);
  const { part, isUnproved } = isEnd ? { part: records, isUnproved: false } : await upToSignature(chain, records, key);
  const { sequence, hash } = part.at(-1)?.seal ?? from;
  const isCut = isUnproved || (isEnd && bound.sequence > sequence);
  return {
    end: { sequence, hash, isUnproved },
    sealCount: part.length,
    isEnd,
    examine: async () => {
      const found = await verifySeals(chain, from, part, key, { isCut });
      // What is wrong with the last seal explains by itself why it is not the one that the ledger remembers.
      const isNamed = found.some((fault) => fault.sequence === sequence && fault.kind !== 'changed');
      return [
        ...(beforeFirst === undefined ? [] : [standsBeforeFirst(beforeFirst)]),
        ...(isCopied ? [headMismatch(0n, 'The ledger remembers the end of the chain more than once')] : []),
        ...found,
        ...copyFaults(part, (seal) => chain.nameOf(seal, true).entryId),
        ...(isEnd && !(isNamed && bound.sequence === sequence) ? endFaults({ sequence, hash }, bound) : []),
      ];
    },
  };
}

/** Reads on where some of the seals were copies of others, as a step must reach a signature. */
async function readStretch<Subject, Content>({
  from,
  bound,
  stepSize,
  read,
}: ChainStretch<Subject, Content>): Promise<ReadStretch<Subject, Content>> {
  const first = await read(from.sequence, stepSize, newestOf(bound));
  const records = [...first.records];
  let { isEnd } = first;
  for (let last = records.at(-1); !isEnd && last && records.length < stepSize; last = records.at(-1)) {
    const next = await read(last.seal.sequence, stepSize - records.length, newestOf(bound));
    records.push(...next.records);
    isEnd = next.isEnd;
  }
  return { records, isEnd };
}

/**
 * A step ends with a good signature, which vouches for what is before it; where there is none, with what was given out as
 * one, and the next step does not rely on it.
 */
async function upToSignature<Subject, Content>(
  chain: Chain<Subject, Content>,
  records: readonly GatheredRecord<Subject, Content>[],
  key: SealKey,
): Promise<{ part: readonly GatheredRecord<Subject, Content>[]; isUnproved: boolean }> {
  const signed = [...records.keys()].filter((index) => records[index]?.seal.keyId !== '').reverse();
  for (const index of signed) {
    const seal = records[index]?.seal;
    if (seal && isWhole(chain, seal) && (await key.verify(seal.keyId, seal.hash, seal.signature))) {
      return { part: records.slice(0, index + 1), isUnproved: false };
    }
  }
  return { part: records.slice(0, (signed[0] ?? records.length - 1) + 1), isUnproved: true };
}

const standsBeforeFirst = (place: bigint): ChainFault => ({
  ...{ kind: 'seal_changed', entryId: '', sequence: 0n },
  detail: `A seal stands before the first, at ${place}, and perhaps more of them: nobody has made them by sealing`,
});

function endFaults(last: ChainHead, remembered: RememberedHead): ChainFault[] {
  if (remembered.sequence > last.sequence) return [sealsMissing(last.sequence + 1n, remembered.sequence)];
  if (remembered.sequence === last.sequence && remembered.hash.equals(last.hash)) return [];
  return [headMismatch(last.sequence, 'The chain does not end where the ledger left it')];
}

/** What is wrong with a chain that should still contain a head which somebody has kept. */
export async function keptHeadFaults(session: Session, chain: ChainName, kept: ChainHead): Promise<ChainFault[]> {
  const { newest } = await readHead(session, chain);
  const hash = await readSealHash(session, chain, kept.sequence);
  if (hash?.equals(kept.hash)) return [];
  const newestSequence = newest?.sequence ?? 0n;
  if (hash === undefined && kept.sequence > newestSequence) return [sealsMissing(newestSequence + 1n, kept.sequence)];
  return [headMismatch(kept.sequence, 'The chain is not the one that the given head is of')];
}

const headMismatch = (sequence: bigint, detail: string): ChainFault => ({
  ...{ kind: 'head_mismatch', entryId: '', sequence },
  detail,
});
