import { nilId, type Session } from '@outlay/platform';
import { instantOf } from '../store/instants.ts';
import { auditEntryHash, byPrimaryKey, groupHashOf, isEntry, onlyIdOf, presentHashes } from './audit-hash.ts';
import { type AuditSeal, auditChain, type GroupSubject } from './chain/audit-chain.ts';
import { isWhole } from './chain/examine-seals.ts';
import { gatherCopies, type ReadStretch } from './gather-copies.ts';
import { noHash } from './read-chain.ts';
import { isSealable, storedKeyId, storedSignature, usualBytes, usualList } from './stored-size.ts';

interface AuditSealRow {
  sequence: bigint;
  recorded_at: string | null;
  /** What the seal says, which is not in its hash. */
  entry_count: number | null;
  listed_count: number | null;
  only_entry_id: string | null;
  group_hash: Buffer | null;
  previous_hash: Buffer | null;
  hash: Buffer | null;
  sealed_at: string | null;
  key_id: string | null;
  signature: Buffer | null;
  list_hash: Buffer;
}

/** The next seals of the audit trail up to the seal `until`, in the order of the chain, with what their lists come to. */
export async function readAuditSeals(
  session: Session,
  after: bigint,
  limit: number,
  until: bigint,
): Promise<ReadStretch<GroupSubject, GroupSubject>> {
  const { rows } = await session.query<AuditSealRow & { copy: bigint }>(sealsStatement, [
    ...[session.tenantId, after, limit, until],
  ]);
  const records = rows.map((row) => ({ ...toSealedList(row), copy: Number(row.copy) }));
  return gatherCopies(records, limit);
}

function toSealedList(row: AuditSealRow): { seal: AuditSeal; content: GroupSubject } {
  const groupHash = row.group_hash ?? noHash;
  const list = {
    recordedAt: row.recorded_at ?? '',
    // A list that is not what the seal says can have anybody's id.
    onlyEntryId: row.list_hash.equals(groupHash) ? (row.only_entry_id ?? '') : '',
  };
  return {
    seal: {
      ...list,
      entryCount: row.entry_count ?? 0,
      sequence: row.sequence,
      groupHash,
      previousHash: row.previous_hash ?? noHash,
      hash: row.hash ?? noHash,
      sealedAt: row.sealed_at ?? '',
      keyId: row.key_id ?? '',
      signature: row.signature ?? noHash,
    },
    content: { ...list, entryCount: row.listed_count ?? 0, groupHash: row.list_hash },
  };
}

/**
 * The list that stands beside the seal aliased `seal`, as rows of id, position and hash. The hashes are put together with
 * nothing, so that what is stored elsewhere is fetched once and not for each of them.
 */
const listOf = `(
      select place.id, place.position, substring(flat.hashes from (place.position * 32 - 31)::int for 32) as hash
      from (select seal.entry_hashes || ''::bytea as hashes offset 0) as flat
      cross join unnest(seal.entry_ids) with ordinality as place (id, position)
    )`;

/** The lists that stand beside a seal as it is stored; of those that are longer than any of the service nothing is read. */
const storedLists = `${usualList('audit_seals.entry_ids', "'{}'")} as entry_ids,
      ${usualList('audit_seals.entry_hashes', "''::bytea")} as entry_hashes`;

/** A seal as it is stored. */
const storedColumns = `audit_seals.sequence, audit_seals.recorded_at, audit_seals.entry_count, ${storedLists},
      ${usualBytes('audit_seals.group_hash')} as group_hash, ${usualBytes('audit_seals.previous_hash')} as previous_hash,
      ${usualBytes('audit_seals.hash')} as hash, audit_seals.sealed_at, ${storedKeyId('audit_seals.key_id')} as key_id,
      ${storedSignature('audit_seals.signature')} as signature`;

/** Whether the list is written as the service writes it: ids in one dimension from 1 on, and a hash for each and nothing behind. */
const isListExact = `array_ndims(seal.entry_ids) = 1 and array_lower(seal.entry_ids, 1) = 1
    and octet_length(seal.entry_hashes) = 32 * cardinality(seal.entry_ids)`;

/** An AuditSealRow, of the seal aliased `seal` and `of_list.hash`, which its list comes to. */
const sealColumns = `seal.sequence, ${instantOf('seal.recorded_at')} as recorded_at, seal.entry_count,
  cardinality(seal.entry_ids) as listed_count, ${onlyIdOf('seal.entry_ids')} as only_entry_id, seal.group_hash,
  seal.previous_hash, seal.hash, ${instantOf('seal.sealed_at')} as sealed_at, seal.key_id, seal.signature,
  case when ${isListExact} then of_list.hash else ''::bytea end as list_hash`;

const sealsStatement = {
  name: 'read_audit_seals',
  text: `
select ${sealColumns}, seal.copy
from (
  select next.*, row_number() over (partition by next.sequence) as copy
  from (
    select ${storedColumns}
    from audit_seals
    where audit_seals.tenant_id = $1 and audit_seals.sequence > $2 and audit_seals.sequence <= $4
    order by audit_seals.sequence
    fetch first ($3) rows with ties
  ) as next
) as seal
cross join lateral (select ${groupHashOf('seal.recorded_at')} as hash from ${listOf} as listed) as of_list
where seal.copy <= greatest($3, 2)
order by seal.sequence, seal.copy`,
};

/** A place in the lists of the seals: the entry at `position`, from 1, of the seal `sequence`. */
export interface GroupPosition {
  sequence: bigint;
  position: number;
}

export const groupsStart: GroupPosition = { sequence: 0n, position: 0 };

/** An entry that is not what the list of its seal says. */
export interface Difference {
  sequence: bigint;
  entryId: string;
  /** There is none by its id and instant. */
  isMissing: boolean;
  /** There is one by its id, of another instant. */
  isElsewhere: boolean;
}

/** What came of holding a stretch of the sealed entries against their lists. */
export interface ComparedEntries {
  entryCount: number;
  differences: Difference[];
  /** The last one; undefined: there are no more. */
  end: GroupPosition | undefined;
}

/** Holds the next entries, in the order of the seals and of their lists, against the hashes in these lists. */
export async function compareSealedEntries(
  session: Session,
  after: GroupPosition,
  limit: number,
  until: bigint,
): Promise<ComparedEntries> {
  const { rows } = await session.query<
    StretchEnd & {
      differences: { sequence: string; id: string | null; is_missing: boolean; is_elsewhere: boolean }[] | null;
    }
  >(compareStatement, [session.tenantId, after.sequence, after.position, limit, until]);
  const [row] = rows;
  return {
    entryCount: row?.count ?? 0,
    differences: (row?.differences ?? []).map((difference) => ({
      sequence: BigInt(difference.sequence),
      entryId: difference.id ?? '',
      isMissing: difference.is_missing,
      isElsewhere: difference.is_elsewhere,
    })),
    end: row && endOf(row, limit, until),
  };
}

interface StretchEnd {
  count: number;
  /** The last of the seals that were looked at; null: there are no more. */
  last_sealed: bigint | null;
  sequence: bigint | null;
  position: bigint | null;
}

/** How many entries a seal says it has is vouched for by nothing: the end is where there are no more seals. */
function endOf({ count, last_sealed, sequence, position }: StretchEnd, limit: number, until: bigint) {
  if (count === limit && sequence !== null) return { sequence, position: Number(position) };
  return last_sealed === null || last_sealed >= until ? undefined : { sequence: last_sealed + 1n, position: 0 };
}

// How many seals have as many entries as wanted is found before their lists are fetched. An entry is a lookup by its whole
// key; its seal knows the instant, which leads to its partition. Neither this statement nor those below are prepared
// (audit-hash.ts).
const compareStatement = `
with chosen as materialized (
  select max(counted.sequence) as last
  from (
    select next.sequence, sum(next.entry_count) over (order by next.sequence) - next.entry_count as before
    from (
      select seal.sequence, coalesce(seal.entry_count, 1) as entry_count from audit_seals as seal
      where seal.tenant_id = $1 and seal.sequence >= $2 and seal.sequence <= $5
      order by seal.sequence
      limit $4::int + 1
    ) as next
  ) as counted
  where counted.before < $4::int + $3::int
), listed as materialized (
  select seal.sequence, seal.recorded_at, place.id, place.position, place.hash
  from (
    select audit_seals.sequence, audit_seals.recorded_at, ${storedLists}
    from audit_seals
    where audit_seals.tenant_id = $1 and audit_seals.sequence >= $2
      and audit_seals.sequence <= (select chosen.last from chosen)
    offset 0
  ) as seal
  cross join lateral ${listOf} as place
  where (seal.sequence, place.position) > ($2::bigint, $3::bigint)
  order by seal.sequence, place.position
  limit $4::int
), compared as (
  select listed.sequence, listed.position, listed.id, present.hash is null as is_missing
  from listed
  left join lateral (
    select ${auditEntryHash} as hash
    from audit_entries as entry
    where entry.tenant_id = $1 and ${isEntry('listed.id', 'listed.recorded_at')}
    ${byPrimaryKey}
  ) as present on true
  where present.hash is distinct from listed.hash
)
select (select count(*)::int from listed) as count, (select chosen.last from chosen) as last_sealed, last.sequence, last.position,
  (
    select json_agg(json_build_object(
      'sequence', compared.sequence::text, 'id', compared.id, 'is_missing', compared.is_missing,
      'is_elsewhere', compared.is_missing and exists (
        select from audit_entries as entry where entry.tenant_id = $1 and entry.id = compared.id offset 0
      )
    ) order by compared.sequence, compared.position)
    from compared
  ) as differences
from (select) as one
left join lateral (
  select listed.sequence, listed.position from listed order by listed.sequence desc, listed.position desc limit 1
) as last on true`;

/**
 * Whether the list of a seal is what the seal says, and whether the entries as they are now would be, where the seal says itself
 * what was sealed.
 */
export interface GroupStanding {
  isListWhole: boolean;
  isPresent: boolean;
}

/** Looks at whole groups, few as they are of which something is not as it was. */
export async function readGroupStandings(
  session: Session,
  sequences: readonly bigint[],
): Promise<Map<bigint, GroupStanding>> {
  if (sequences.length === 0) return new Map();
  const { rows } = await session.query<AuditSealRow & { is_present: boolean | null; followed_hash: Buffer | null }>(
    standingsStatement,
    [session.tenantId, sequences],
  );
  const chain = auditChain(session.tenantId ?? '');
  return new Map(
    rows.map((row) => {
      const { seal, content } = toSealedList(row);
      // One of whose hash nothing is left but what the next one says is still proved by that.
      const isSealWhole = isWhole(chain, seal) || isWhole(chain, { ...seal, hash: row.followed_hash ?? noHash });
      const isPresent = row.is_present === true && isSealWhole;
      return [row.sequence, { isListWhole: content.groupHash.equals(seal.groupHash), isPresent }];
    }),
  );
}

/** As a group has them when it is sealed. */
const idsInOrder = 'array(select place.id from unnest(seal.entry_ids) as place (id) order by place.id)';

const standingsStatement = `
select ${sealColumns}, next.previous_hash as followed_hash,
  of_list.hash <> seal.group_hash and seal.group_hash = (
    select ${groupHashOf('seal.recorded_at')} from ${presentHashes(idsInOrder, 'seal.recorded_at')} as listed
  ) as is_present
from (
  select ${storedColumns}
  from audit_seals
  where audit_seals.tenant_id = $1 and audit_seals.sequence = any ($2::bigint[])
  offset 0
) as seal
cross join lateral (select ${groupHashOf('seal.recorded_at')} as hash from ${listOf} as listed) as of_list
left join lateral (
  select ${usualBytes('following.previous_hash')} as previous_hash from audit_seals as following
  where following.tenant_id = $1 and following.sequence > seal.sequence order by following.sequence limit 1
) as next on true`;

/** A place in the audit trail, by its primary key. */
export interface TrailPosition {
  id: string;
  recordedAt: string;
}

export const trailStart: TrailPosition = { id: nilId, recordedAt: '-infinity' };

/** What of a stretch of the audit trail is of no group, and how much of it there is. */
export interface Trail {
  /** Entries of the trail of the moment that was asked about, sealed or not. */
  entryCount: number;
  /** Those of them that waited for their seals then. */
  unsealedCount: number;
  /** When the oldest of these was recorded. */
  oldestUnsealed: string | undefined;
  /** Those that are of no seal and wait for none. */
  strangers: string[];
  /** Those that are there more than once. */
  copied: string[];
  /** Where the stretch ends; undefined: with the trail. */
  end: TrailPosition | undefined;
}

/** Looks through the next entries of the trail, by primary key, for what is of no group. */
export async function readTrail(
  session: Session,
  after: TrailPosition,
  limit: number,
  bound: { sequence: bigint; recordedAt: string },
): Promise<Trail> {
  const { rows } = await session.query<{
    length: number;
    entry_count: number;
    unsealed_count: number;
    oldest_unsealed: string | null;
    strangers: string[] | null;
    copied: string[] | null;
    id: string;
    recorded_at: string;
  }>(trailStatement, [session.tenantId, after.id, after.recordedAt, limit, bound.sequence, bound.recordedAt]);
  const [row] = rows;
  return {
    entryCount: row?.entry_count ?? 0,
    unsealedCount: row?.unsealed_count ?? 0,
    oldestUnsealed: row?.oldest_unsealed ?? undefined,
    strangers: row?.strangers ?? [],
    copied: row?.copied ?? [],
    end: row === undefined || row.length < limit ? undefined : { id: row.id, recordedAt: row.recorded_at },
  };
}

// All entries of a group share its instant, so the few instants of a stretch lead to the groups that it can be of. Sets are
// taken off one another by `except`: a null that somebody puts into a list hides nothing, and there is no join that could be
// planned badly.
const trailStatement = `
with stretch as materialized (
  select next.id, next.recorded_at, row_number() over (partition by next.id, next.recorded_at) as copy
  from (
    select entry.id, entry.recorded_at
    from audit_entries as entry
    where entry.tenant_id = $1 and (entry.id, entry.recorded_at) > ($2::uuid, $3::timestamptz)
    order by entry.id, entry.recorded_at
    fetch first ($4::int) rows with ties
  ) as next
), instants as materialized (
  select distinct stretch.recorded_at from stretch
), sealed as materialized (
  select unnest(seal.entry_ids) as id, instants.recorded_at, seal.sequence <= $5::bigint as is_within
  from instants
  cross join lateral (
    select ${usualList('audit_seals.entry_ids', "'{}'")} as entry_ids, audit_seals.sequence
    from audit_seals
    where audit_seals.tenant_id = $1 and audit_seals.recorded_at = instants.recorded_at and audit_seals.sequence > 0
    offset 0
  ) as seal
), loose as materialized (
  select stretch.id, stretch.recorded_at from stretch
  except
  select sealed.id, sealed.recorded_at from sealed where sealed.is_within
), strangers as materialized (
  select loose.id, loose.recorded_at from loose
  except
  (
    select sealed.id, sealed.recorded_at from sealed where not sealed.is_within
    union all
    select unnest(unsealed.entry_ids), unsealed.recorded_at
    from audit_unsealed as unsealed
    where unsealed.tenant_id = $1 and unsealed.recorded_at in (select loose.recorded_at from loose)
      and ${isSealable('unsealed')}
  )
)
select counted.length, counted.length - counted.beyond as entry_count,
  counted.loose - counted.beyond - counted.strangers_within as unsealed_count,
  (
    select ${instantOf('min(waiting.recorded_at)')}
    from (
      select loose.id, loose.recorded_at from loose where loose.recorded_at <= $6::timestamptz
      except
      select strangers.id, strangers.recorded_at from strangers
    ) as waiting
  ) as oldest_unsealed,
  (select array_agg(strangers.id::text order by strangers.id) from strangers) as strangers,
  (select array_agg(stretch.id::text order by stretch.id) from stretch where stretch.copy = 2) as copied, last.id,
  ${instantOf('last.recorded_at')} as recorded_at
from (
  select (select count(*)::int from stretch) as length, (select count(*)::int from loose) as loose,
    (select count(*)::int from loose where loose.recorded_at > $6::timestamptz) as beyond,
    (select count(*)::int from strangers where strangers.recorded_at <= $6::timestamptz) as strangers_within
) as counted
left join lateral (
  select stretch.id, stretch.recorded_at from stretch order by stretch.id desc, stretch.recorded_at desc limit 1
) as last on true`;
