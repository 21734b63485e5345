import { instantOf } from '../store/instants.ts';
import type { JournalRecord } from './chain/entry-hash.ts';
import { usualRate, usualText } from './stored-size.ts';

/** The columns of an entry aliased `entry`, as a JournalRow without its postings. */
export const entryColumns = `entry.id as entry_id, ${instantOf('entry.recorded_at')} as recorded_at,
    entry.effective_date, ${usualText('entry.kind')} as kind, entry.expense_id, entry.reverses_entry_id, entry.currency, entry.amount_minor,
    ${usualRate('entry.rate')} as rate, ${usualText('entry.rate_source')} as rate_source, entry.rate_date`;

/** Many times as many as an entry of the service has. */
const postingsMax = 1_000;

/**
 * The postings that `at` names (an alias with tenant_id, recorded_at and id), one to a line, as the column postings. However many
 * somebody has put in, no more are read than it takes to tell. They come in their order, as sorting each few once more takes time.
 */
export const postingsOf = (at: string): string => `(
    select string_agg(
      concat_ws(' ', posting.line, posting.ledger_account_id, posting.currency, posting.amount_minor), E'\\n'
    )
    from (
      select postings.line, postings.ledger_account_id, postings.currency, postings.amount_minor
      from postings
      where postings.tenant_id = $1 and postings.recorded_at = ${at}.recorded_at and postings.entry_id = ${at}.id
      order by postings.line
      limit ${postingsMax}
    ) as posting
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
