import { createHash } from 'node:crypto';
import { entryHashOf, type JournalRecord } from './entry-hash.ts';
import type { SealKey } from './seal-key.ts';

/** One link of a tenant's chain. Hashes are 32 bytes. */
export interface Seal {
  readonly sequence: bigint;
  readonly entryId: string;
  readonly entryRecordedAt: string;
  readonly entryHash: Buffer;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
  /** UTC with microseconds. */
  readonly sealedAt: string;
  /** Of the key that signed the hash; empty, like the signature, where a later seal's signature stands for this one. */
  readonly keyId: string;
  readonly signature: Buffer;
}

/** Where a chain stands. */
export interface ChainHead {
  readonly sequence: bigint;
  readonly hash: Buffer;
}

/** Where each chain begins. */
export const emptyChain: ChainHead = { sequence: 0n, hash: Buffer.alloc(32) };

/** A rewritten chain is narrowed down to so many entries; a signature costs as much as ten hashes. */
const signedEvery = 16;

/** SHA-256 over the link, everything in the seal but its signature. */
export function sealHashOf(tenantId: string, seal: Omit<Seal, 'hash' | 'signature'>): Buffer {
  const lines = [
    'outlay journal seal 1',
    tenantId,
    seal.sequence,
    seal.previousHash.toString('hex'),
    seal.entryId,
    seal.entryRecordedAt,
    seal.entryHash.toString('hex'),
    seal.sealedAt,
    seal.keyId,
  ];
  return createHash('sha256')
    .update(`${lines.join('\n')}\n`)
    .digest();
}

/** Makes the seals of entries, in their order, behind the head. The last one is signed, and so is every sixteenth. */
export function sealEntries(
  tenantId: string,
  head: ChainHead,
  entries: readonly JournalRecord[],
  given: { key: SealKey; sealedAt: string },
): Seal[] {
  const seals: Seal[] = [];
  let { sequence, hash } = head;
  for (const [index, entry] of entries.entries()) {
    sequence += 1n;
    const isSigned = index === entries.length - 1 || index % signedEvery === signedEvery - 1;
    const link = {
      sequence,
      entryId: entry.id,
      entryRecordedAt: entry.recordedAt,
      entryHash: entryHashOf(tenantId, entry),
      previousHash: hash,
      sealedAt: given.sealedAt,
      keyId: isSigned ? given.key.id : '',
    };
    hash = sealHashOf(tenantId, link);
    seals.push({ ...link, hash, signature: isSigned ? given.key.sign(hash) : Buffer.alloc(0) });
  }
  return seals;
}
