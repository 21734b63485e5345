import { enqueueEvents } from '@outlay/messaging';
import { newId, type Session, type TenantId } from '@outlay/platform';
import { instantOf } from '../store/instants.ts';
import { groupHashOf, onlyIdOf, presentHashes } from './audit-hash.ts';
import { type AuditSeal, auditChain, type GroupSubject } from './chain/audit-chain.ts';
import { sealInOrder } from './chain/seal.ts';
import { batchSizeDefault, type SealingWork } from './seal-journal.ts';
import { takeTurn } from './seal-store.ts';
import { headOf } from './sealed-event.ts';
import { isSealable } from './stored-size.ts';

/**
 * Seals the tenant's next audit entries, a seal for each group that was written by one statement (or for each piece of a very
 * large one), as sealJournal does for
 * the journal: in one transaction with the event outlay.ledger.audit.sealed.v1, once, and for one process at a time (`busy`).
 * An entry that is gone before it is sealed, or is larger than any of the service, is sealed as gone. Answers how many entries were
 * sealed, or how many rows of the queue were done with, where that is more.
 */
export function sealAudit(work: SealingWork, tenantId: TenantId): Promise<number | 'busy'> {
  const { batchSize = batchSizeDefault } = work;
  return work.database.withTenant({ tenantId }, async (session) => {
    const turn = await takeTurn(session, 'audit', batchSize);
    if (turn === undefined) return 'busy';
    if (turn.waiting.length === 0) return 0;
    const rowIds = turn.waiting.map(({ id }) => id);
    const groups = await hashGroups(session, rowIds);
    const seals = sealInOrder(auditChain(tenantId), turn.head, groups, { key: work.key, sealedAt: turn.sealedAt });
    await storeAuditSeals(session, rowIds, groups, seals);
    const last = seals.at(-1);
    if (last === undefined) return rowIds.length;
    await enqueueEvents(session, { requestId: newId() }, [
      { type: 'outlay.ledger.audit.sealed.v1', ...headOf(tenantId, seals, last) },
    ]);
    return Math.max(
      rowIds.length,
      groups.reduce((sum, { entryCount }) => sum + entryCount, 0),
    );
  });
}

/** A row of the queue, or a piece of one, with the hashes of its entries, one after the other. */
interface Group extends GroupSubject {
  /** Of the row. */
  id: string;
  /** The place of its first entry in the row, from 1. */
  first: number;
  entryHashes: Buffer;
}

/** More entries no seal has: migration 0164 sees to it as well. */
const groupSizeMax = 1_000;

/**
 * A row that somebody has put in and that cannot be sealed holds up nobody: it is taken off without a seal, and an entry that it
 * names is found to have none.
 */
const isOfUse = isSealable('unsealed');

async function hashGroups(session: Session, rowIds: readonly string[]): Promise<Group[]> {
  const { rows: spans } = await session.query<{ earliest: string | null; latest: string | null }>(spanStatement, [
    ...[session.tenantId, rowIds],
  ]);
  const { rows } = await session.query<Group>(hashStatement, [
    ...[session.tenantId, rowIds, spans[0]?.earliest ?? null, spans[0]?.latest ?? null],
  ]);
  return rows;
}

// Rows are queued in another order than that of their instants, which are those when their transactions began.
const spanStatement = {
  name: 'read_audit_queue_span',
  text: `
select ${instantOf('min(unsealed.recorded_at)')} as earliest, ${instantOf('max(unsealed.recorded_at)')} as latest
from audit_unsealed as unsealed
where unsealed.tenant_id = $1 and unsealed.id = any ($2::bigint[]) and ${isOfUse}`,
};

/** The ids of a row of the queue from 1 on, whatever bounds and dimensions somebody has given them. */
const idsInRow = 'array(select unnest(unsealed.entry_ids))';

// Not prepared, as it is of audit entries (audit-hash.ts); planned for one month or two, whatever number there are.
const hashStatement = `
select unsealed.id::text, piece.first, ${instantOf('unsealed.recorded_at')} as "recordedAt",
  cardinality(piece.ids) as "entryCount", ${onlyIdOf('piece.ids')} as "onlyEntryId",
  hashed.entry_hashes as "entryHashes", hashed.group_hash as "groupHash"
from audit_unsealed as unsealed
cross join lateral (
  select pieces.first, flat.ids[pieces.first : pieces.first + ${groupSizeMax - 1}] as ids
  from (select ${idsInRow} as ids offset 0) as flat
  cross join generate_series(1, cardinality(flat.ids), ${groupSizeMax}) as pieces (first)
  offset 0
) as piece
cross join lateral (
  select string_agg(listed.hash, ''::bytea order by listed.position) as entry_hashes,
    ${groupHashOf('unsealed.recorded_at')} as group_hash
  from ${presentHashes('piece.ids', 'unsealed.recorded_at', 'entry.recorded_at between $3 and $4')} as listed
) as hashed
where unsealed.tenant_id = $1 and unsealed.id = any ($2::bigint[]) and ${isOfUse}
order by unsealed.id, piece.first`;

/** Lengthens the chain, and takes the rows off the queue. */
async function storeAuditSeals(
  session: Session,
  rowIds: readonly string[],
  groups: readonly Group[],
  seals: readonly AuditSeal[],
): Promise<void> {
  const last = seals.at(-1);
  await session.query(storeStatement, [
    ...[session.tenantId, last?.sequence ?? null, last?.hash ?? null, last?.sealedAt ?? null],
    groups.map(({ id }) => id),
    groups.map(({ first }) => first),
    groups.map(({ entryCount }) => entryCount),
    groups.map(({ entryHashes }) => entryHashes),
    seals.map(({ groupHash }) => groupHash),
    seals.map(({ sequence }) => sequence),
    seals.map(({ previousHash }) => previousHash),
    seals.map(({ hash }) => hash),
    seals.map(({ keyId }) => keyId || null),
    seals.map(({ keyId, signature }) => (keyId === '' ? null : signature)),
    rowIds,
  ]);
}

// Each row of the queue is looked up once more, as it was before it is deleted: a join with what is deleted would be planned
// as if that were a few rows, and compare all of them with all.
const storeStatement = {
  name: 'store_audit_seals',
  text: `
with done as (
  delete from audit_unsealed as unsealed where unsealed.tenant_id = $1 and unsealed.id = any ($15::bigint[])
), chain as (
  update audit_chains as chain set sequence = $2, hash = $3
  where chain.tenant_id = $1 and $2::bigint is not null
)
insert into audit_seals (
  tenant_id, sequence, recorded_at, entry_count, entry_ids, entry_hashes, group_hash, previous_hash, hash, sealed_at,
  key_id, signature
)
select $1, seal.sequence, queued.recorded_at, seal.entry_count,
  queued.entry_ids[seal.first : seal.first + seal.entry_count - 1], seal.entry_hashes, seal.group_hash,
  seal.previous_hash, seal.hash, $4::timestamptz, seal.key_id, seal.signature
from unnest(
  $5::bigint[], $6::int[], $7::int[], $8::bytea[], $9::bytea[], $10::bigint[], $11::bytea[], $12::bytea[], $13::text[],
  $14::bytea[]
) as seal (
  queue_id, first, entry_count, entry_hashes, group_hash, sequence, previous_hash, hash, key_id, signature
)
cross join lateral (
  select unsealed.recorded_at, ${idsInRow} as entry_ids
  from audit_unsealed as unsealed
  where unsealed.tenant_id = $1 and unsealed.id = seal.queue_id
  limit 1
) as queued`,
};
