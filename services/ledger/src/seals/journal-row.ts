import type { JournalRecord } from './chain/entry-hash.ts';

/** How an instant is written where it must not lose its microseconds. */
export const instantOf = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** The columns of an entry aliased `entry`, as a JournalRow without its postings. */
export const entryColumns = `entry.id as entry_id, ${instantOf('entry.recorded_at')} as recorded_at,
    entry.effective_date, entry.kind, entry.expense_id, entry.reverses_entry_id, entry.currency, entry.amount_minor,
    entry.rate, entry.rate_source, entry.rate_date`;

/** The postings that `at` names (an alias with tenant_id, recorded_at and id), one to a line, as the column postings. */
export const postingsOf = (at: string, id = 'id'): string => `(
    select string_agg(
      concat_ws(' ', posting.line, posting.ledger_account_id, posting.currency, posting.amount_minor), E'\\n'
      order by posting.line
    )
    from postings as posting
    where posting.tenant_id = $1 and posting.recorded_at = ${at}.recorded_at and posting.entry_id = ${at}.${id}
  ) as postings`;

export interface JournalRow {
  entry_id: string;
  recorded_at: string;
  effective_date: string;
  kind: string;
  expense_id: string | null;
  reverses_entry_id: string | null;
  currency: string;
  amount_minor: bigint;
  rate: string;
  rate_source: string;
  rate_date: string;
  postings: string | null;
}

export const toJournalRecord = (row: JournalRow): JournalRecord => ({
  id: row.entry_id,
  recordedAt: row.recorded_at,
  effectiveDate: row.effective_date,
  kind: row.kind,
  expenseId: row.expense_id ?? '',
  reversesEntryId: row.reverses_entry_id ?? '',
  currency: row.currency,
  amountMinor: row.amount_minor,
  rate: row.rate,
  rateSource: row.rate_source,
  rateDate: row.rate_date,
  postings: (row.postings ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number, ledgerAccountId = '', currency = '', amountMinor = '0'] = line.split(' ');
      return { line: Number(number), ledgerAccountId, currency, amountMinor: BigInt(amountMinor) };
    }),
});
