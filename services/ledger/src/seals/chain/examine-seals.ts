import { type Chain, type ChainHead, type Seal, sealHashOf } from './seal.ts';
import type { SealKey } from './seal-key.ts';

/** A seal with what it is of, as far as that is still there. */
export interface SealedRecord<Subject, Content> {
  readonly seal: Seal<Subject>;
  readonly content: Content | undefined;
}

/** Where a chain stood before the seals that are looked at; `isUnproved`: nothing has vouched for that. */
export interface ChainStart extends ChainHead {
  readonly isUnproved?: boolean;
}

/** A seal, and what can be said of it. */
export interface Examined<Subject, Content> extends SealedRecord<Subject, Content> {
  /** The place in the chain that its hash was made for; undefined: it is not what its hash was made of. */
  readonly home: bigint | undefined;
  /** Its hash has its own good signature. */
  readonly isSigned: boolean;
  /**
   * `vouched`: by its own signature, or by the seal behind it. `forged`: made without the key, or one of those that were.
   * `unproved`: what would vouch for it is gone. A seal that is not what its hash was made of is none of these.
   */
  standing: 'vouched' | 'forged' | 'unproved' | undefined;
}

/** More places are not gone through in search of where a seal belongs. */
const placesMax = 1_000;

/**
 * Says of consecutive seals where each belongs and what vouches for it, in the order in which they belong. Goes from the
 * end to the beginning: a seal whose hash is proved proves that of the one before. A moved seal counts where its home is.
 * One that was changed proves the one before nevertheless, where what is known besides makes up the hash that is proved for
 * it; otherwise those before it, up to a good signature, are `unproved`, as long as they fit together. Seals that are whole
 * and not what was proved, or do not fit together, are `forged`, and so are those before them.
 */
export async function examineSeals<Subject, Content>(
  chain: Chain<Subject, Content>,
  before: ChainStart,
  records: readonly SealedRecord<Subject, Content>[],
  key: Pick<SealKey, 'verify'>,
  isCut: boolean,
): Promise<Examined<Subject, Content>[]> {
  const broken = new Set(records.filter(({ seal }) => !isWhole(chain, seal)).map(({ seal }) => seal));
  const free = [...[...broken].map(({ sequence }) => sequence), ...gapsIn(before, records)].slice(0, placesMax);
  const homeOf = (seal: Seal<Subject>): bigint | undefined =>
    broken.has(seal)
      ? free.find((place) => sealHashOf(chain, { ...seal, sequence: place }).equals(seal.hash))
      : seal.sequence;
  const examined = await Promise.all(
    records.map(async (record): Promise<Examined<Subject, Content>> => {
      const { seal } = record;
      const isSigned = seal.keyId !== '' && (await key.verify(seal.keyId, seal.hash, seal.signature));
      return { ...record, home: homeOf(seal), isSigned, standing: undefined };
    }),
  );
  const ordered = examined.toSorted((a, b) => Number(placeOf(a) - placeOf(b)));
  await vouch(chain, before, ordered, key, isCut);
  return ordered;
}

/** Where a seal counts: where it belongs, or where it stands, if nobody can tell. */
export const placeOf = ({ home, seal }: Pick<Examined<object, never>, 'home' | 'seal'>): bigint =>
  home ?? seal.sequence;

export const isWhole = <Subject>(chain: Chain<Subject, never>, seal: Seal<Subject>): boolean =>
  sealHashOf(chain, seal).equals(seal.hash);

function gapsIn(before: ChainHead, records: readonly SealedRecord<unknown, unknown>[]): bigint[] {
  const gaps: bigint[] = [];
  let place = before.sequence + 1n;
  for (const { seal } of records) {
    for (; place < seal.sequence && gaps.length < placesMax; place += 1n) gaps.push(place);
    place = seal.sequence + 1n;
  }
  return gaps;
}

/** What is known, on the way back, of the seal that comes next. */
interface Known {
  /**
   * `proved`: its hash. `forged`: that the one behind it was made without the key. `lost`: nothing that counts, as what would
   * vouch for it is gone. `end`: that none comes behind it, though the newest one of all is signed.
   */
  readonly is: 'proved' | 'forged' | 'lost' | 'end';
  /** Where it is `lost`, what the one behind it says, which nothing vouches for itself. */
  readonly hash?: Buffer;
}

async function vouch<Subject, Content>(
  chain: Chain<Subject, Content>,
  before: ChainStart,
  ordered: readonly Examined<Subject, Content>[],
  key: Pick<SealKey, 'verify'>,
  isCut: boolean,
): Promise<void> {
  const taken = new Set(ordered.map(({ home }) => home));
  const places = ordered.filter(({ home, seal }) => home !== undefined || !taken.has(seal.sequence));
  let known: Known = { is: isCut ? 'lost' : 'end' };
  /** Those behind the one that is looked at which fit together and which nothing vouches for. */
  let loose: Examined<Subject, Content>[] = [];
  const learn = (next: Known) => {
    loose = [];
    known = next;
  };
  const forge = (...more: Examined<Subject, Content>[]) => {
    for (const record of [...loose, ...more]) record.standing = 'forged';
    learn({ is: 'forged' });
  };
  for (let index = places.length - 1; index >= 0; index--) {
    const record = places[index];
    if (record === undefined) continue;
    const { seal, home, isSigned } = record;
    const next = places[index + 1];
    if (next !== undefined && placeOf(next) > placeOf(record) + 1n) learn({ is: 'lost' });
    if (home === undefined) {
      const hash = await previousOf(chain, before, places, index, known, key);
      if (hash !== undefined) learn({ is: 'proved', hash });
      else if (known.is !== 'forged') learn({ is: 'lost' });
      continue;
    }
    const fits = known.hash?.equals(seal.hash);
    if (isSigned || (known.is === 'proved' && fits)) {
      // Those that were made to follow another one were made without the key.
      if (known.is === 'lost' && fits === false) forge();
      record.standing = 'vouched';
      learn({ is: 'proved', hash: seal.previousHash });
    } else if (known.is !== 'lost' || fits === false || seal.keyId !== '') {
      forge(record);
    } else {
      record.standing = 'unproved';
      loose.push(record);
      known = { is: 'lost', hash: seal.previousHash };
    }
  }
  const follows = places[0] !== undefined && !before.isUnproved && placeOf(places[0]) === before.sequence + 1n;
  if (follows && loose.length > 0 && !known.hash?.equals(before.hash)) forge();
}

/**
 * The hash that a changed seal was made to follow, where that can be proved: with one or more of its fields put back to what
 * is known of them besides, it makes up the very hash that is proved for it.
 */
async function previousOf<Subject, Content>(
  chain: Chain<Subject, Content>,
  before: ChainHead,
  places: readonly Examined<Subject, Content>[],
  index: number,
  known: Known,
  key: Pick<SealKey, 'verify'>,
): Promise<Buffer | undefined> {
  const record = places[index];
  if (record === undefined) return undefined;
  const { seal, content } = record;
  const keyIds = new Set([seal.keyId, '', places.findLast((other) => other.isSigned)?.seal.keyId ?? '']);
  let wanted = known.is === 'proved' ? known.hash : undefined;
  for (const keyId of keyIds) {
    const own = sealHashOf(chain, { ...seal, keyId });
    if (await key.verify(keyId, own, seal.signature)) return seal.previousHash;
    if (await key.verify(keyId, seal.hash, seal.signature)) wanted = seal.hash;
  }
  if (wanted === undefined) return undefined;
  const around = [places[index - 1], places[index + 1]].filter((other) => other !== undefined);
  const previous = places[index - 1];
  const previousHashes = [
    seal.previousHash,
    ...(previous
      ? [previous.seal.hash, sealHashOf(chain, { ...previous.seal, sequence: placeOf(previous) })]
      : [before.hash]),
  ];
  const subjects: Subject[] = [seal, ...(content ? [chain.rehash(seal, content)] : [])];
  const instants = new Set([seal.sealedAt, ...around.map((other) => other.seal.sealedAt)]);
  for (const previousHash of previousHashes) {
    for (const subject of subjects) {
      for (const sealedAt of instants) {
        for (const keyId of keyIds) {
          const link = { ...seal, ...subject, previousHash, sealedAt, keyId };
          if (sealHashOf(chain, link).equals(wanted)) return previousHash;
        }
      }
    }
  }
  return undefined;
}
