import { type Database, systemContext, type TenantId } from '@outlay/platform';
import { segmentSize } from './journal-cut.ts';

/**
 * Makes the next segment of a tenant's journal, where enough has been recorded behind the last one. Answers whether it did.
 * It ends at an instant that is final, so that nothing is ever recorded within it; any number of processes may try.
 */
export function segmentJournal(database: Database, tenantId: TenantId, size = segmentSize): Promise<boolean> {
  return database.withTenant(systemContext(tenantId, 'segments', 'ledger'), async (session) => {
    const { rows: locks } = await session.query<{ is_ours: boolean }>(lockStatement, [tenantId]);
    if (!locks[0]?.is_ours) return false;
    const { rows: ends } = await session.query<{ number: number; after: string; through: string }>(endStatement, [
      tenantId,
      size - 1,
    ]);
    const [end] = ends;
    if (end === undefined) return false;
    await session.query(segmentStatement, [tenantId, end.number, end.through]);
    await session.query(postingsStatement, [tenantId, end.after, end.through]);
    await session.query(sumsStatement, [tenantId, end.number, end.after, end.through]);
    return true;
  });
}

// Of the journal a stretch is read, which the planner cannot know to be short, nor that it is not empty (journal-cut.ts).
const lockStatement = {
  name: 'lock_journal_segments',
  text: `
select pg_try_advisory_xact_lock(hashtextextended('journal segments of ' || $1, 0)) as is_ours,
  set_config('enable_seqscan', 'off', true), set_config('enable_nestloop', 'off', true)`,
};

// What began until that instant has ended when the statement takes its snapshot, but for what is on its way between its
// beginning and its showing up: hence the second. This transaction is one of those that are open.
const endStatement = {
  name: 'find_segment_end',
  text: `
select coalesce(last.number, 0) + 1 as number, coalesce(last.recorded_through, '-infinity')::text as after,
  stretch.recorded_at::text as through
from (
  select min(activity.xact_start) - interval '1 second' as instant
  from pg_stat_activity as activity
  where activity.datname = current_database() and activity.usename = session_user
) as final
left join lateral (
  select segment.number, segment.recorded_through from journal_segments as segment
  where segment.tenant_id = $1
  order by segment.number desc
  limit 1
) as last on true
cross join lateral (
  select line.recorded_at from postings as line
  where line.tenant_id = $1 and line.recorded_at > coalesce(last.recorded_through, '-infinity')
    and line.recorded_at <= final.instant
  order by line.recorded_at
  offset $2 limit 1
) as stretch`,
};

const segmentStatement = {
  name: 'insert_journal_segment',
  text: 'insert into journal_segments (tenant_id, number, recorded_through) values ($1, $2, $3::timestamptz)',
};

const entryOfLine = `
join journal_entries as entry on entry.tenant_id = line.tenant_id and entry.recorded_at = line.recorded_at
  and entry.id = line.entry_id`;

const stretch = (after: string, through: string): string => `
where line.tenant_id = $1 and line.recorded_at > ${after}::timestamptz and line.recorded_at <= ${through}::timestamptz
  and entry.tenant_id = $1 and entry.recorded_at > ${after}::timestamptz and entry.recorded_at <= ${through}::timestamptz`;

const postingsStatement = {
  name: 'insert_segment_postings',
  text: `
insert into segment_postings (
  tenant_id, ledger_account_id, effective_date, recorded_at, entry_id, line, currency, amount_minor
)
select $1, line.ledger_account_id, entry.effective_date, line.recorded_at, line.entry_id, line.line, line.currency,
  line.amount_minor
from postings as line ${entryOfLine} ${stretch('$2', '$3')}`,
};

const sumsStatement = {
  name: 'insert_segment_sums',
  text: `
insert into segment_sums (
  tenant_id, ledger_account_id, segment, effective_month, currency, debits_minor, credits_minor
)
select $1, line.ledger_account_id, $2::integer, date_trunc('month', entry.effective_date)::date, line.currency,
  coalesce(sum(line.amount_minor) filter (where line.amount_minor > 0), 0),
  coalesce(-sum(line.amount_minor) filter (where line.amount_minor < 0), 0)
from postings as line ${entryOfLine} ${stretch('$3', '$4')}
group by line.ledger_account_id, date_trunc('month', entry.effective_date)::date, line.currency`,
};
