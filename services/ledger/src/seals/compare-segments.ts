import type { Session } from '@outlay/platform';
import type { JournalFault } from './chain/verify-seals.ts';

/** What the next segment of the books has, if there is one, that the journal does not say. */
export interface ComparedSegment {
  faults: JournalFault[];
  /** Its number; undefined: there are no more. */
  number: number | undefined;
}

/**
 * Holds the first segment behind a number against the stretch of the journal that it was made of, which the seals vouch for:
 * both ways, each posting with its entry's day, and each sum. Behind the last one, that there is nothing more.
 */
export async function compareNextSegment(session: Session, afterNumber: number): Promise<ComparedSegment> {
  const { rows: stretches } = await session.query<Stretch>(stretchStatement, [session.tenantId, afterNumber]);
  const [stretch] = stretches;
  if (stretch === undefined) return { faults: await strayFaults(session, afterNumber), number: undefined };
  const { number, after, through } = stretch;
  const { rows } = await session.query<Differences>(compareStatement, [
    ...[session.tenantId, afterNumber, number, after, through],
  ]);
  const gone =
    number > afterNumber + 1 ? [changed('', `Segments behind ${afterNumber} and before ${number} are gone`)] : [];
  return { faults: [...gone, ...rows.filter(isAny).map((found) => segmentChanged(number, found))], number };
}

interface Stretch {
  number: number;
  after: string;
  through: string;
}

interface Differences {
  changed: number;
  missing: number;
  added: number;
  sums: number;
  entry_id: string | null;
  account_id: string | null;
}

const isAny = (found: Differences): boolean => found.changed + found.missing + found.added + found.sums > 0;

function segmentChanged(number: number, found: Differences): JournalFault {
  const { entry_id: entryId, account_id: accountId } = found;
  const counts = {
    'postings changed': found.changed,
    'postings missing': found.missing,
    'postings too many': found.added,
  };
  const parts = [
    ...Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : [])),
    ...(found.sums > 0 ? [`${found.sums} sums, the first of ledger account ${accountId}`] : []),
  ];
  return changed(entryId ?? '', `Segment ${number} of the books is not what the journal says: ${parts.join(', ')}`);
}

async function strayFaults(session: Session, lastNumber: number): Promise<JournalFault[]> {
  const { rows } = await session.query<{ entry_id: string | null }>(strayStatement, [session.tenantId, lastNumber]);
  return rows.map((row) => changed(row.entry_id ?? '', 'The books have postings or sums of no segment'));
}

const changed = (entryId: string, detail: string): JournalFault => ({
  ...{ kind: 'segment_changed', entryId, sequence: 0n },
  detail,
});

// What follows reads stretches of indexes that the planner cannot know to be short (src/books/journal-cut.ts).
const stretchStatement = {
  name: 'find_segment_stretch',
  text: `
select next.number, coalesce(previous.recorded_through, '-infinity')::text as after,
  next.recorded_through::text as through, set_config('enable_seqscan', 'off', true),
  set_config('enable_nestloop', 'off', true)
from (
  select segment.number, segment.recorded_through from journal_segments as segment
  where segment.tenant_id = $1 and segment.number > $2
  order by segment.number
  limit 1
) as next
left join journal_segments as previous on previous.tenant_id = $1 and previous.number = $2`,
};

const stretch = (alias: string): string =>
  `${alias}.tenant_id = $1 and ${alias}.recorded_at > $4::timestamptz and ${alias}.recorded_at <= $5::timestamptz`;

// A posting that is kept twice fits that of the journal both times, and shows in how many there are. Sums of a number before
// the segment's that no segment has are too many: whoever reads adds up all numbers to the last one.
const compareStatement = {
  name: 'compare_segment',
  text: `
with journal as materialized (
  select line.ledger_account_id, entry.effective_date, line.recorded_at, line.entry_id, line.line, line.currency,
    line.amount_minor
  from postings as line
  join journal_entries as entry on entry.tenant_id = line.tenant_id and entry.recorded_at = line.recorded_at
    and entry.id = line.entry_id
  where ${stretch('line')} and ${stretch('entry')}
), kept as materialized (
  select line.ledger_account_id, line.effective_date, line.recorded_at, line.entry_id, line.line, line.currency,
    line.amount_minor
  from segment_postings as line
  where ${stretch('line')}
), posted as (
  select coalesce(journal.entry_id, kept.entry_id) as entry_id, kept.entry_id is null as is_missing,
    journal.entry_id is null as is_added
  from journal
  full join kept on kept.recorded_at = journal.recorded_at and kept.entry_id = journal.entry_id and kept.line = journal.line
  where (journal.ledger_account_id, journal.effective_date, journal.currency, journal.amount_minor)
    is distinct from (kept.ledger_account_id, kept.effective_date, kept.currency, kept.amount_minor)
), summed as (
  select coalesce(due.ledger_account_id, kept.ledger_account_id) as account_id
  from (
    select journal.ledger_account_id, date_trunc('month', journal.effective_date)::date as effective_month,
      journal.currency, coalesce(sum(journal.amount_minor) filter (where journal.amount_minor > 0), 0) as debits_minor,
      coalesce(-sum(journal.amount_minor) filter (where journal.amount_minor < 0), 0) as credits_minor
    from journal
    group by journal.ledger_account_id, date_trunc('month', journal.effective_date)::date, journal.currency
  ) as due
  full join (
    select sums.ledger_account_id, sums.effective_month, sums.currency, sums.segment,
      sum(sums.debits_minor) as debits_minor, sum(sums.credits_minor) as credits_minor
    from segment_sums as sums
    where sums.tenant_id = $1 and (sums.segment > $2::integer or $2::integer = 0) and sums.segment <= $3::integer
    group by sums.ledger_account_id, sums.effective_month, sums.currency, sums.segment
  ) as kept on kept.ledger_account_id = due.ledger_account_id and kept.effective_month = due.effective_month
    and kept.currency = due.currency
  where (due.debits_minor, due.credits_minor, $3::integer)
    is distinct from (kept.debits_minor, kept.credits_minor, kept.segment)
)
select of_postings.changed, of_postings.missing, of_postings.added + copies.count as added, of_postings.entry_id, of_sums.count as sums,
  of_sums.account_id
from (
  select count(*) filter (where not posted.is_missing and not posted.is_added)::int as changed,
    count(*) filter (where posted.is_missing)::int as missing, count(*) filter (where posted.is_added)::int as added,
    min(posted.entry_id::text) as entry_id
  from posted
) as of_postings
cross join lateral (
  select greatest(
    0,
    (select count(*) from kept) - of_postings.added - (select count(*) from journal) + of_postings.missing
  )::int as count
) as copies
cross join (select count(*)::int as count, min(summed.account_id::text) as account_id from summed) as of_sums`,
};

const strayStatement = {
  name: 'find_stray_segment_rows',
  text: `
select stray.entry_id
from (
  (
    select line.entry_id from segment_postings as line
    where line.tenant_id = $1 and line.recorded_at > coalesce(
      (
        select segment.recorded_through from journal_segments as segment
        where segment.tenant_id = $1 and segment.number = $2
      ),
      '-infinity'
    )
    limit 1
  )
  union all
  (
    select line.entry_id from segment_postings as line
    where line.tenant_id = $1 and line.recorded_at = '-infinity'
    limit 1
  )
  union all
  (
    select null from segment_sums as sums
    where sums.tenant_id = $1 and (sums.segment > $2 or $2 = 0)
    limit 1
  )
) as stray
limit 1`,
};
