import { nilId, type Session } from '@outlay/platform';
import { instantOf } from '../store/instants.ts';
import type { JournalRecord } from './chain/entry-hash.ts';
import type { EntrySubject } from './chain/journal-chain.ts';
import { gatherCopies, type ReadStretch } from './gather-copies.ts';
import { entryColumns, type JournalRow, postingsOf, toJournalRecord } from './journal-row.ts';
import { noHash, sequenceMax } from './read-chain.ts';
import { storedKeyId, storedSignature, usualBytes } from './stored-size.ts';

type SealRow = {
  sequence: bigint;
  copy: bigint;
  sealed_entry_id: string | null;
  sealed_recorded_at: string | null;
  entry_hash: Buffer | null;
  previous_hash: Buffer | null;
  hash: Buffer | null;
  sealed_at: string | null;
  key_id: string | null;
  signature: Buffer | null;
} & ({ entry_id: null } | JournalRow);

/** The next seals with their entries, in the order of the chain, up to the seal `until`; of a number all there are. */
export async function readSealed(
  session: Session,
  after: bigint,
  limit: number,
  until = sequenceMax,
): Promise<ReadStretch<EntrySubject, JournalRecord>> {
  const { rows } = await session.query<SealRow>(sealedStatement, [session.tenantId, after, limit, until]);
  const records = rows.map((row) => ({
    copy: Number(row.copy),
    seal: {
      sequence: row.sequence,
      entryId: row.sealed_entry_id ?? '',
      entryRecordedAt: row.sealed_recorded_at ?? '',
      entryHash: row.entry_hash ?? noHash,
      previousHash: row.previous_hash ?? noHash,
      hash: row.hash ?? noHash,
      sealedAt: row.sealed_at ?? '',
      keyId: row.key_id ?? '',
      signature: row.signature ?? noHash,
    },
    content: row.entry_id === null ? undefined : toJournalRecord(row),
  }));
  return gatherCopies(records, limit);
}

// The seal knows when its entry was recorded, which leads to its partition: a lookup for each, whatever the planner
// thinks of the size of the journal.
const sealedStatement = {
  name: 'read_sealed_entries',
  text: `
select seal.sequence, seal.copy, seal.entry_id as sealed_entry_id,
  ${instantOf('seal.entry_recorded_at')} as sealed_recorded_at, ${usualBytes('seal.entry_hash')} as entry_hash,
  ${usualBytes('seal.previous_hash')} as previous_hash, ${usualBytes('seal.hash')} as hash,
  ${instantOf('seal.sealed_at')} as sealed_at, ${storedKeyId('seal.key_id')} as key_id,
  ${storedSignature('seal.signature')} as signature, found.*
from (
  select next.*, row_number() over (partition by next.sequence) as copy
  from (
    select journal_seals.sequence, journal_seals.entry_id, journal_seals.entry_recorded_at, journal_seals.entry_hash,
      journal_seals.previous_hash, journal_seals.hash, journal_seals.sealed_at, journal_seals.key_id,
      journal_seals.signature
    from journal_seals
    where journal_seals.tenant_id = $1 and journal_seals.sequence > $2 and journal_seals.sequence <= $4
    order by journal_seals.sequence
    fetch first ($3) rows with ties
  ) as next
) as seal
left join lateral (
  select ${entryColumns}, ${postingsOf('entry')}
  from journal_entries as entry
  where entry.tenant_id = $1 and entry.recorded_at = seal.entry_recorded_at and entry.id = seal.entry_id
  limit 2
) as found on true
where seal.copy <= greatest($3, 2)
order by seal.sequence, seal.copy`,
};

/** A place in the journal's own order. */
export interface JournalPosition {
  recordedAt: string;
  id: string;
}

/** Where the journal stood at a moment, while it goes on to grow. */
export interface JournalBound {
  /** The newest seal of that moment. */
  sequence: bigint;
  /** The moment. */
  recordedAt: string;
}

/** What of a stretch of the journal had no seal at the moment that was asked about. */
export interface Loose {
  /** Entries in the stretch that are of the journal of that moment, sealed or not. */
  entryCount: number;
  /** An entry without a kind is none: there are only postings by its id. */
  records: {
    entry: JournalRecord;
    /** It waits for its seal, or has got one since. */
    isWaiting: boolean;
    /** It was recorded by that moment. */
    isWithin: boolean;
  }[];
  /** Where the stretch ends; undefined: with the journal. */
  end: JournalPosition | undefined;
}

export const journalStart: JournalPosition = {
  recordedAt: '-infinity',
  id: nilId,
};

/** Behind everything. */
export const journalEnd: JournalPosition = {
  recordedAt: 'infinity',
  id: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
};

const noBound: JournalBound = { sequence: sequenceMax, recordedAt: 'infinity' };

/** Reads the moment that the session's snapshot is of; nothing in it was recorded later. */
export async function readMoment(session: Session): Promise<string> {
  const { rows } = await session.query<{ moment: string }>(`select ${instantOf('clock_timestamp()')} as moment`, []);
  if (!rows[0]) throw new Error('The database does not tell the time');
  return rows[0].moment;
}

/** As many as an entry of the service has at most. */
const postingsPerEntry = 4;

/**
 * Looks through the next entries, `stretchSize` at most, and the postings among them for what has no seal, or none up to
 * the bound's. The stretch ends earlier where so many entries have more postings than the service ever writes, or there
 * are others among them that have no entry, and where `limit` was found: whatever somebody has put in, it is read part by
 * part. The stretches go on beyond the bound: what came in unsealed shows there as well.
 */
export async function readLoose(
  session: Session,
  after: JournalPosition,
  { stretchSize, limit, bound = noBound }: { stretchSize: number; limit: number; bound?: JournalBound },
): Promise<Loose> {
  const { rows: ends } = await session.query<{ recorded_at: string; id: string }>(endStatement, [
    ...[session.tenantId, after.recordedAt, after.id, stretchSize - 1, stretchSize * postingsPerEntry - 1],
  ]);
  const farthest = ends[0] && { recordedAt: ends[0].recorded_at, id: ends[0].id };
  const stretchTo = ({ recordedAt, id }: JournalPosition) => [
    ...[session.tenantId, after.recordedAt, after.id, recordedAt, id, `${bound.sequence}`, bound.recordedAt],
  ];
  const { rows } = await session.query<JournalRow & { is_waiting: boolean; is_within: boolean }>(looseStatement, [
    ...stretchTo(farthest ?? journalEnd),
    ...[limit, stretchSize],
  ]);
  const last = rows.length === limit ? rows.at(-1) : undefined;
  const end = last ? { recordedAt: last.recorded_at, id: last.entry_id } : farthest;
  const { rows: counts } = await session.query<{ count: number }>(countStatement, [
    ...[...stretchTo(end ?? journalEnd), stretchSize],
  ]);
  return {
    entryCount: counts[0]?.count ?? 0,
    records: rows.map((row) => ({ entry: toJournalRecord(row), isWaiting: row.is_waiting, isWithin: row.is_within })),
    end,
  };
}

const endStatement = {
  name: 'find_journal_stretch',
  text: `
select ${instantOf('ends.recorded_at')} as recorded_at, ends.id
from (
  (
    select entry.recorded_at, entry.id
    from journal_entries as entry
    where entry.tenant_id = $1 and (entry.recorded_at, entry.id) > ($2::timestamptz, $3::uuid)
    order by entry.recorded_at, entry.id
    offset $4 limit 1
  )
  union all
  (
    select line.recorded_at, line.entry_id
    from postings as line
    where line.tenant_id = $1 and (line.recorded_at, line.entry_id) > ($2::timestamptz, $3::uuid)
    order by line.recorded_at, line.entry_id
    offset $5 limit 1
  )
) as ends
order by ends.recorded_at, ends.id
limit 1`,
};

/** Whether a place lies in the stretch from $2 and $3, which is not in it, to $4 and $5. */
export const within = (recordedAt: string, id: string): string =>
  `(${recordedAt}, ${id}) > ($2::timestamptz, $3::uuid) and (${recordedAt}, ${id}) <= ($4::timestamptz, $5::uuid)`;

/** From the first, up to the bound. `offset 0` keeps the lookup a lookup: as a join, it would be one with the whole of the table where
 * statistics are old. */
const hasSeal = (recordedAt: string, id: string): string => `exists (
    select from journal_seals as seal
    where seal.tenant_id = $1 and seal.entry_recorded_at = ${recordedAt} and seal.entry_id = ${id}
      and seal.sequence between 1 and $6::bigint offset 0
  )`;

/** The entries in the stretch, which are no more than were asked for but where there are copies of the last one. */
const entriesWithin = (stretchSize: string): string => `(
    select journal_entries.recorded_at, journal_entries.id from journal_entries
    where journal_entries.tenant_id = $1 and ${within('journal_entries.recorded_at', 'journal_entries.id')}
    order by journal_entries.recorded_at, journal_entries.id
    limit ${stretchSize}
  )`;

const countStatement = {
  name: 'count_journal_stretch',
  text: `
select count(*)::int as count
from ${entriesWithin('$8')} as entry
where (entry.recorded_at <= $7::timestamptz or ${hasSeal('entry.recorded_at', 'entry.id')})`,
};

// Second, postings whose entry is not there, shown as an entry that has nothing but an id. The queue, which has no index on
// instants, is read once, and not for each entry: both may be as long as a backlog.
const looseStatement = {
  name: 'read_loose_journal',
  text: `
with place as materialized (
  select entry.recorded_at, entry.id, true as is_entry
  from ${entriesWithin('$9')} as entry
  where not ${hasSeal('entry.recorded_at', 'entry.id')}
  union
  select distinct line.recorded_at, line.entry_id, false
  from postings as line
  where line.tenant_id = $1 and ${within('line.recorded_at', 'line.entry_id')}
    and not exists (
      select from journal_entries as entry
      where entry.tenant_id = $1 and entry.recorded_at = line.recorded_at and entry.id = line.entry_id offset 0
    )
    and not ${hasSeal('line.recorded_at', 'line.entry_id')}
  order by recorded_at, id
  limit $8
), queued as materialized (
  select place.recorded_at from place
  intersect
  select unsealed.recorded_at from journal_unsealed as unsealed where unsealed.tenant_id = $1
)
select found.*
from (
  select place.recorded_at, place.id, place.is_entry, queued.recorded_at is not null as is_queued
  from place
  left join queued on queued.recorded_at = place.recorded_at
  offset 0
) as place
cross join lateral (
  (select ${entryColumns}, ${postingsOf('entry')},
    place.is_queued or exists (
      select from journal_seals as later
      where later.tenant_id = $1 and later.entry_recorded_at = entry.recorded_at and later.entry_id = entry.id
        and later.sequence > $6::bigint offset 0
    ) as is_waiting,
    entry.recorded_at <= $7::timestamptz as is_within
  from journal_entries as entry
  where place.is_entry and entry.tenant_id = $1 and entry.recorded_at = place.recorded_at and entry.id = place.id
  limit 1)
  union all
  select place.id, ${instantOf('place.recorded_at')}, null, '', null, null, '', 0, 0, '', null,
    ${postingsOf('place')}, false, true
  where not place.is_entry
  offset 0
) as found
order by place.recorded_at, place.id`,
};
