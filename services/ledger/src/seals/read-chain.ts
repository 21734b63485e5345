import type { Session } from '@outlay/platform';
import { instantOf } from '../store/instants.ts';
import type { ChainHead, Link } from './chain/seal.ts';
import { usualBytes } from './stored-size.ts';

/** What there is a chain over. Its tables are called by this name: <name>_seals, <name>_chains, <name>_unsealed. */
export type ChainName = 'journal' | 'audit';

/** Where a chain stands, as the ledger remembers it, and its newest seal. */
export interface RememberedHead extends ChainHead {
  newest: Pick<Link, 'sequence' | 'hash' | 'sealedAt'> | undefined;
}

/** The sequence of its newest seal; 0 where it has none. */
export const newestOf = ({ newest }: RememberedHead): bigint => newest?.sequence ?? 0n;

/** What a seal says that says nothing, as somebody has taken it away. */
export const noHash: Buffer = Buffer.alloc(0);

/** More than any chain has. */
export const sequenceMax = 2n ** 63n - 1n;

/** Reads both from one snapshot. A tenant that has never had a seal stands at 0. */
export async function readHead(session: Session, chain: ChainName): Promise<RememberedHead> {
  const { rows } = await session.query<{
    sequence: bigint | null;
    hash: Buffer | null;
    last_sequence: bigint | null;
    last_hash: Buffer | null;
    sealed_at: string | null;
  }>(headStatements[chain], [session.tenantId]);
  const [row] = rows;
  return {
    sequence: row?.sequence ?? 0n,
    hash: row?.hash ?? Buffer.alloc(32),
    newest:
      row?.last_sequence == null
        ? undefined
        : { sequence: row.last_sequence, hash: row.last_hash ?? noHash, sealedAt: row.sealed_at ?? '-infinity' },
  };
}

const headStatement = (chain: ChainName) => ({
  name: `read_${chain}_head`,
  text: `
select chain.sequence, ${usualBytes('chain.hash')} as hash, last.sequence as last_sequence, last.hash as last_hash, last.sealed_at
from (select) as one
left join ${chain}_chains as chain on chain.tenant_id = $1
left join lateral (
  select seal.sequence, ${usualBytes('seal.hash')} as hash, ${instantOf('seal.sealed_at')} as sealed_at from ${chain}_seals as seal
  where seal.tenant_id = $1 order by seal.sequence desc limit 1
) as last on true`,
});
const headStatements = { journal: headStatement('journal'), audit: headStatement('audit') };

/** Whether there is more than one row of where the ledger left the chain, so that nobody can tell which of them is right. */
export async function isHeadCopied(session: Session, chain: ChainName): Promise<boolean> {
  const { rowCount } = await session.query(
    `select from ${chain}_chains as chain where chain.tenant_id = $1 offset 1 limit 1`,
    [session.tenantId],
  );
  return rowCount !== 0;
}

/** The hash of one seal, if it is there. */
export async function readSealHash(session: Session, chain: ChainName, sequence: bigint): Promise<Buffer | undefined> {
  const { rows } = await session.query<{ hash: Buffer }>(
    `select ${usualBytes('seal.hash')} as hash from ${chain}_seals as seal where seal.tenant_id = $1 and seal.sequence = $2`,
    [session.tenantId, sequence],
  );
  return rows[0]?.hash;
}

/** The farthest of the seals that stand before the first, of which there are none but where somebody has put one. */
export async function findSealBeforeFirst(session: Session, chain: ChainName): Promise<bigint | undefined> {
  const { rows } = await session.query<{ sequence: bigint }>(
    `select seal.sequence from ${chain}_seals as seal where seal.tenant_id = $1 and seal.sequence < 1
     order by seal.sequence limit 1`,
    [session.tenantId],
  );
  return rows[0]?.sequence;
}
