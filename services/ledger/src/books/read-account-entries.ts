import type { Session } from '@outlay/platform';
import { instantOf } from '../store/instants.ts';
import type { BookPosition } from './book-position.ts';
import type { JournalCut } from './journal-cut.ts';

/** One posting to an account, with its journal entry. */
export interface AccountPosting {
  entryId: string;
  line: number;
  effectiveDate: string;
  /** UTC with microseconds. */
  recordedAt: string;
  kind: string;
  expenseId: string;
  /** The title of the expense when this was booked; of an opening balance, that it is one. */
  description: string;
  currency: string;
  amountMinor: bigint;
}

/** The next postings to an account, behind a place in its list. */
export async function readAccountEntries(
  session: Session,
  cut: JournalCut,
  { accountId, after, to, count }: { accountId: string; after: BookPosition; to: string | undefined; count: number },
): Promise<AccountPosting[]> {
  const { rows } = await session.query<AccountPosting>(entriesStatement, [
    ...[session.tenantId, cut.knownAsOf, cut.recordedThrough, accountId],
    ...[after.date, after.recordedAt, after.entryId, after.line],
    ...[to ?? 'infinity', count],
  ]);
  return rows;
}

const columns = 'line.recorded_at, line.entry_id, line.line, line.currency, line.amount_minor';
const isAfter = (date: string): string =>
  `(${date}, line.recorded_at, line.entry_id, line.line) > ($5::date, $6::timestamptz, $7::uuid, $8::smallint)`;

// The segments along their index as far as the page goes, and all of the account that lies behind them. Only for what is
// on the page the entry is looked up, and the audit row of its transaction, which says what the expense was called: of an
// entry that is taken back, what it was called before. Its id becomes text in the lookup of the entry: beside a comparison
// with a row that a policy keeps, nothing is computed that might tell of it, and the index would go unused.
const entriesStatement = {
  name: 'read_account_entries',
  text: `
select page.entry_id as "entryId", page.line, page.effective_date as "effectiveDate",
  ${instantOf('page.recorded_at')} as "recordedAt", coalesce(entry.kind, '') as kind,
  coalesce(entry.expense_id, '') as "expenseId", coalesce(
    told.title,
    case when entry.kind <> '' and entry.expense_id is null then 'Opening balance' else '' end
  ) as description, page.currency,
  page.amount_minor as "amountMinor"
from (
  select listed.effective_date, listed.recorded_at, listed.entry_id, listed.line, listed.currency, listed.amount_minor
  from (
    (
      select line.effective_date, ${columns}
      from segment_postings as line
      where line.tenant_id = $1 and line.ledger_account_id = $4 and ${isAfter('line.effective_date')}
        and line.effective_date <= $9 and line.recorded_at <= $3
      order by line.effective_date, line.recorded_at, line.entry_id, line.line
      limit $10
    )
    union all
    select entry.effective_date, ${columns}
    from postings as line
    join journal_entries as entry on entry.tenant_id = line.tenant_id and entry.recorded_at = line.recorded_at
      and entry.id = line.entry_id
    where line.tenant_id = $1 and line.recorded_at > $3 and line.recorded_at <= $2 and line.ledger_account_id = $4
      and entry.tenant_id = $1 and entry.recorded_at > $3 and entry.recorded_at <= $2
      and ${isAfter('entry.effective_date')} and entry.effective_date <= $9
  ) as listed
  order by listed.effective_date, listed.recorded_at, listed.entry_id, listed.line
  limit $10
) as page
left join lateral (
  select entry.kind, entry.expense_id::text as expense_id from journal_entries as entry
  where entry.tenant_id = $1 and entry.recorded_at = page.recorded_at and entry.id = page.entry_id offset 0
) as entry on true
left join lateral (
  select case when entry.kind = 'reversal' then audit.before ->> 'title' else audit.after ->> 'title' end as title
  from audit_entries as audit
  where audit.tenant_id = $1 and audit.entity = 'expense' and audit.entity_id = entry.expense_id
    and audit.recorded_at = page.recorded_at
  limit 1
) as told on true
order by page.effective_date, page.recorded_at, page.entry_id, page.line`,
};
