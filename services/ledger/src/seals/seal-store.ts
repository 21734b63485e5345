import { type Database, nilId, type Session, type TenantId } from '@outlay/platform';
import { instantOf } from '../store/instants.ts';
import type { JournalSeal } from './chain/journal-chain.ts';
import { type ChainHead, emptyChain } from './chain/seal.ts';
import type { ChainName } from './read-chain.ts';
import { queuedCount, usualBytes } from './stored-size.ts';

/** What is to be sealed next for a tenant. */
export interface SealingTurn {
  head: ChainHead;
  /** The instant of the transaction, UTC with microseconds. */
  sealedAt: string;
  waiting: readonly { id: string; recorded_at: string }[];
}

/** Tenants with entries to be sealed, of either chain, that come behind `after`, by their ids. Two index lookups for each. */
export async function findWaitingTenants(
  database: Pick<Database, 'withSystem'>,
  after: TenantId | undefined,
  limit: number,
): Promise<TenantId[]> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: TenantId }>(waitingTenantsStatement, [after ?? nilId, limit]),
  );
  return rows.map((row) => row.tenant_id);
}

const nextOf = (chain: ChainName, after: string): string => `(
      select unsealed.tenant_id from ${chain}_unsealed as unsealed
      where unsealed.tenant_id > ${after} order by unsealed.tenant_id limit 1
    )`;

const nextTenant = (after: string): string => `(
    select queued.tenant_id
    from (${nextOf('journal', after)} union all ${nextOf('audit', after)}) as queued
    order by queued.tenant_id limit 1
  )`;

const waitingTenantsStatement = {
  name: 'find_waiting_tenants',
  text: `
with recursive waiting as (
  select first.tenant_id, 1 as position from ${nextTenant('$1::uuid')} as first
  union all
  select next.tenant_id, waiting.position + 1
  from waiting
  cross join lateral ${nextTenant('waiting.tenant_id')} as next
  where waiting.position < $2
)
select waiting.tenant_id from waiting order by waiting.position`,
};

/** How long the first of the tenant's queues, of either chain, has waited; 0 where nothing does. */
export async function readOldestAgeSeconds(session: Session): Promise<number> {
  const { rows } = await session.query<{ age: number }>(oldestAgeStatement, [session.tenantId]);
  return rows[0]?.age ?? 0;
}

const firstOf = (chain: ChainName): string => `(
    select unsealed.recorded_at from ${chain}_unsealed as unsealed
    where unsealed.tenant_id = $1 order by unsealed.id limit 1
  )`;

const oldestAgeStatement = {
  name: 'read_oldest_unsealed_age',
  text: `
select coalesce(extract(epoch from clock_timestamp() - least(
  ${firstOf('journal')}, ${firstOf('audit')}
)), 0)::float8 as age`,
};

/**
 * Takes the tenant's chain for the session's transaction, with the rows of its queue that are next: together they are of
 * about `entryCount` entries. Undefined while another process has the chain.
 */
export async function takeTurn(
  session: Session,
  chain: ChainName,
  entryCount: number,
): Promise<SealingTurn | undefined> {
  const turn = await readTurn(session, chain, entryCount);
  if (turn !== undefined) return turn;
  const made = await session.query(
    `insert into ${chain}_chains (tenant_id) values ($1) on conflict (tenant_id) do nothing`,
    [session.tenantId],
  );
  return made.rowCount === 1 ? readTurn(session, chain, entryCount) : undefined;
}

async function readTurn(session: Session, chain: ChainName, entryCount: number): Promise<SealingTurn | undefined> {
  const { rows } = await session.query<{
    sequence: bigint;
    hash: Buffer;
    last_sequence: bigint | null;
    last_hash: Buffer | null;
    sealed_at: string;
    waiting: SealingTurn['waiting'] | null;
  }>(turnStatements[chain], [session.tenantId, entryCount]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { sequence, hash, last_sequence, last_hash } = row;
  const last = last_sequence === null || last_hash === null ? emptyChain : { sequence: last_sequence, hash: last_hash };
  const remembered = sequence > lengthMax ? emptyChain : { sequence, hash };
  // They differ only where somebody has cut the chain or turned it back; it goes on behind the farther one.
  const head = last.sequence > remembered.sequence ? last : remembered;
  return { head, sealedAt: row.sealed_at, waiting: row.waiting ?? [] };
}

/** A chain is not lengthened behind a seal beyond: only somebody else can have put it there, and numbers would run out. */
const lengthMax = 10n ** 18n;

/** Never less than one: whatever a row that somebody has put in says, it comes to its end. */
const countOf: Record<ChainName, string> = {
  journal: 'greatest(coalesce(unsealed.entry_count, 1), 1)',
  audit: queuedCount('unsealed'),
};

// At least one row of the queue, and more as long as they have fewer entries than wanted.
const turnStatement = (chain: ChainName) => ({
  name: `take_${chain}_turn`,
  text: `
select chain.sequence, ${usualBytes('chain.hash')} as hash, last.sequence as last_sequence, last.hash as last_hash,
  to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as sealed_at, queue.waiting
from ${chain}_chains as chain
left join lateral (
  select seal.sequence, ${usualBytes('seal.hash')} as hash from ${chain}_seals as seal
  where seal.tenant_id = chain.tenant_id and seal.sequence <= ${lengthMax}
  order by seal.sequence desc limit 1
) as last on true
cross join lateral (
  select json_agg(
    json_build_object(
      'id', next.id::text, 'recorded_at', ${instantOf('next.recorded_at')}
    ) order by next.id
  ) as waiting
  from (
    select oldest.id, oldest.recorded_at, sum(oldest.entry_count) over (order by oldest.id) - oldest.entry_count as before
    from (
      select unsealed.id, unsealed.recorded_at, ${countOf[chain]} as entry_count
      from ${chain}_unsealed as unsealed
      where unsealed.tenant_id = chain.tenant_id order by unsealed.id limit $2
    ) as oldest
  ) as next
  where next.before < $2
) as queue
where chain.tenant_id = $1
for update of chain skip locked`,
});
const turnStatements = { journal: turnStatement('journal'), audit: turnStatement('audit') };

/** Lengthens the chain of the journal, and takes what is done off the queue. */
export async function storeSeals(
  session: Session,
  seals: readonly JournalSeal[],
  doneIds: readonly string[],
): Promise<void> {
  const last = seals.at(-1);
  await session.query(storeStatement, [
    session.tenantId,
    doneIds,
    last?.sequence ?? null,
    last?.hash ?? null,
    last?.sealedAt ?? null,
    seals.map((seal) => seal.sequence),
    seals.map((seal) => seal.entryId),
    seals.map((seal) => seal.entryRecordedAt),
    seals.map((seal) => seal.entryHash),
    seals.map((seal) => seal.previousHash),
    seals.map((seal) => seal.hash),
    seals.map((seal) => seal.keyId || null),
    seals.map((seal) => (seal.keyId === '' ? null : seal.signature)),
  ]);
}

const storeStatement = {
  name: 'store_seals',
  text: `
with done as (
  delete from journal_unsealed as unsealed where unsealed.tenant_id = $1 and unsealed.id = any ($2::bigint[])
), chain as (
  update journal_chains as chain set sequence = $3, hash = $4
  where chain.tenant_id = $1 and $3::bigint is not null
)
insert into journal_seals (
  tenant_id, sequence, entry_id, entry_recorded_at, entry_hash, previous_hash, hash, sealed_at, key_id, signature
)
select $1, seal.sequence, seal.entry_id, seal.entry_recorded_at, seal.entry_hash, seal.previous_hash, seal.hash,
  $5::timestamptz, seal.key_id, seal.signature
from unnest(
  $6::bigint[], $7::uuid[], $8::timestamptz[], $9::bytea[], $10::bytea[], $11::bytea[], $12::text[], $13::bytea[]
) as seal (sequence, entry_id, entry_recorded_at, entry_hash, previous_hash, hash, key_id, signature)`,
};
