import type { JournalRecord } from './chain/entry-hash.ts';
import { usualRate, usualText } from './stored-size.ts';

/**
 * How an instant is written where it must not lose its microseconds. One that the ledger never wrote, of another era or without
 * end, is written as no other is, so that it cannot pass for one that was sealed, and can still be read back.
 */
export const instantOf = (column: string): string => `(case
    when ${column} between '2000-01-01 00:00:00+00' and '9999-12-31 23:59:59.999999+00'
      then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    when isfinite(${column}) then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00" AD')
    else ${column}::text
  end)`;

/** Whether this is how an instant is written that no clock of the ledger has shown. */
export function isOfAnotherEra(text: string): boolean {
  const parts = /^(\d{4,6})-(\d\d)-(\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}\+00 (AD|BC)$/.exec(text);
  const [year, month, day] = (parts ?? []).slice(1, 4).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  // The years that PostgreSQL can tell.
  if (year === 0 || year > (parts?.[5] === 'BC' ? 4_713 : 294_275)) return false;
  // Years four hundred apart have the same days; there was no year 0.
  const alike = 2_000 + ((parts?.[5] === 'BC' ? 1 - year : year) % 400);
  const date = new Date(Date.UTC(alike, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

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
