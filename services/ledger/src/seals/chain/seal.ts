import { createHash } from 'node:crypto';
import type { SealKey } from './seal-key.ts';

/** What each link of a chain says, whatever it seals. Hashes are 32 bytes. */
export interface Link {
  readonly sequence: bigint;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
  /** UTC with microseconds. */
  readonly sealedAt: string;
  /** Of the key that signed the hash; empty, like the signature, where a later seal's signature stands for this one. */
  readonly keyId: string;
  readonly signature: Buffer;
}

/** A link with what it says of its subject, which is what it seals. */
export type Seal<Subject> = Link & Subject;

/** A chain of a tenant: what it seals, and how that is written. docs/journal-seals.md says what each byte is. */
export interface Chain<Subject, Content> {
  readonly tenantId: string;
  /** The first line of each seal. */
  readonly version: string;
  /** The lines in which a seal says what it seals. */
  linesOf(subject: Subject): readonly string[];
  /** What a seal of this content has to say. */
  describe(content: Content): Subject;
  /** A subject with the hash of the content in the place of its own. */
  rehash(subject: Subject, content: Content): Subject;
  /** What a fault calls the subject of a seal, which is what its hash was made of or not: its id where it has one, and a noun. */
  nameOf(subject: Subject, isWhole: boolean): { entryId: string; noun: string };
  /** What is wrong with the content of a seal that is what its hash was made of, or of which that cannot be said. */
  faultOf(seal: Seal<Subject>, content: Content | undefined, isWhole: boolean): ContentFault | undefined;
}

/** What is wrong with what is sealed, or with what a seal holds of it besides. */
export interface ContentFault {
  readonly kind: 'changed' | 'missing' | 'seal_changed';
  readonly detail: string;
}

/** Where a chain stands. */
export interface ChainHead {
  readonly sequence: bigint;
  readonly hash: Buffer;
}

/** Where each chain begins. */
export const emptyChain: ChainHead = { sequence: 0n, hash: Buffer.alloc(32) };

/** A rewritten chain is narrowed down to so many seals; a signature costs as much as ten hashes. */
const signedEvery = 16;

/** SHA-256 over the link, everything in the seal but its signature. */
export function sealHashOf<Subject>(
  { tenantId, version, linesOf }: Pick<Chain<Subject, never>, 'tenantId' | 'version' | 'linesOf'>,
  seal: Omit<Link, 'hash' | 'signature'> & Subject,
): Buffer {
  const lines = [
    version,
    tenantId,
    seal.sequence,
    seal.previousHash.toString('hex'),
    ...linesOf(seal),
    seal.sealedAt,
    seal.keyId,
  ];
  return createHash('sha256')
    .update(`${lines.join('\n')}\n`)
    .digest();
}

/** Makes the seals of contents, in their order, behind the head. The last one is signed, and so is every sixteenth. */
export function sealInOrder<Subject, Content>(
  chain: Chain<Subject, Content>,
  head: ChainHead,
  contents: readonly Content[],
  given: { key: SealKey; sealedAt: string },
): Seal<Subject>[] {
  const seals: Seal<Subject>[] = [];
  let { sequence, hash } = head;
  for (const [index, content] of contents.entries()) {
    sequence += 1n;
    const isSigned = index === contents.length - 1 || index % signedEvery === signedEvery - 1;
    const link = {
      ...chain.describe(content),
      ...{ sequence, previousHash: hash, sealedAt: given.sealedAt, keyId: isSigned ? given.key.id : '' },
    };
    hash = sealHashOf(chain, link);
    seals.push({ ...link, hash, signature: isSigned ? given.key.sign(hash) : Buffer.alloc(0) });
  }
  return seals;
}
