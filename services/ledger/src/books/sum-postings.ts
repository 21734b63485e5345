import type { Session } from '@outlay/platform';
import type { BookPosition } from './book-position.ts';
import type { JournalCut } from './journal-cut.ts';

/** What was posted to an account in a currency. */
export interface AccountSum {
  accountId: string;
  currency: string;
  /** Both zero or greater. */
  debitsMinor: bigint;
  creditsMinor: bigint;
}

/** The sums of each account that was posted to, with all that counts until the end of a day; with no day, with all. */
export async function sumAccounts(session: Session, cut: JournalCut, asOf: string | undefined): Promise<AccountSum[]> {
  const values = [session.tenantId, cut.knownAsOf, cut.segment, cut.recordedThrough];
  const { rows } =
    asOf === undefined
      ? await session.query<SumRow>(sumsOfAll, values)
      : await session.query<SumRow>(sumsAsOf, [...values, monthOf(asOf), asOf]);
  return rows.map(toSum);
}

/** The sums of one account, with all that stands at a place of its list or before it. */
export async function sumAccount(
  session: Session,
  cut: JournalCut,
  accountId: string,
  { date, recordedAt, entryId, line }: BookPosition,
): Promise<AccountSum[]> {
  const values = [session.tenantId, cut.knownAsOf, cut.segment, cut.recordedThrough, monthOf(date), date];
  const { rows } = await session.query<SumRow>(sumsOfOne, [...values, recordedAt, entryId, line, accountId]);
  return rows.map(toSum);
}

/** The sums of each account from the journal itself, whatever the segments say. */
export async function sumJournal(session: Session, knownAsOf: string, asOf: string | undefined): Promise<AccountSum[]> {
  const values = [session.tenantId, knownAsOf];
  const { rows } =
    asOf === undefined
      ? await session.query<SumRow>(journalSums, values)
      : await session.query<SumRow>(journalSumsAsOf, [...values, asOf]);
  return rows.map(toSum);
}

interface SumRow {
  ledger_account_id: string;
  currency: string;
  debits_minor: string;
  credits_minor: string;
}

const toSum = (row: SumRow): AccountSum => ({
  accountId: row.ledger_account_id,
  currency: row.currency,
  debitsMinor: BigInt(row.debits_minor),
  creditsMinor: BigInt(row.credits_minor),
});

/** The first of the month of a day; an infinite one is its own. */
const monthOf = (date: string): string => (/^\d/.test(date) ? `${date.slice(0, 7)}-01` : date);

const sumsOf = (posting: string): string =>
  `coalesce(sum(${posting}.amount_minor) filter (where ${posting}.amount_minor > 0), 0) as debits_minor,
    coalesce(-sum(${posting}.amount_minor) filter (where ${posting}.amount_minor < 0), 0) as credits_minor`;

const added = (parts: string): string => `
select part.ledger_account_id, part.currency, sum(part.debits_minor) as debits_minor,
  sum(part.credits_minor) as credits_minor
from (${parts}) as part
group by part.ledger_account_id, part.currency`;

/** Whole months of the segments. */
const months = (condition: string): string => `
  select sums.ledger_account_id, sums.currency, sums.debits_minor, sums.credits_minor
  from segment_sums as sums
  where sums.tenant_id = $1 and sums.segment <= $3 ${condition}`;

/** What was recorded behind the segments. */
const behind = (condition: string): string => `
  select line.ledger_account_id, line.currency, ${sumsOf('line')}
  from postings as line
  where line.tenant_id = $1 and line.recorded_at > $4 and line.recorded_at <= $2 ${condition}
  group by line.ledger_account_id, line.currency`;

// The same bounds for the entries as for their postings, so that they are read from the same stretch of their index
// and put together in memory, in place of a lookup for each.
const behindWithEntries = (condition: string): string => `
  select line.ledger_account_id, line.currency, ${sumsOf('line')}
  from postings as line
  join journal_entries as entry on entry.tenant_id = line.tenant_id and entry.recorded_at = line.recorded_at
    and entry.id = line.entry_id
  where line.tenant_id = $1 and line.recorded_at > $4 and line.recorded_at <= $2
    and entry.tenant_id = $1 and entry.recorded_at > $4 and entry.recorded_at <= $2 ${condition}
  group by line.ledger_account_id, line.currency`;

const sumsOfAll = {
  name: 'sum_accounts',
  text: added(`${months('')} union all ${behind('')}`),
};

// The month that the day is in is read posting by posting, each account's by a lookup: the postings of a month lie
// together only account by account.
const sumsAsOf = {
  name: 'sum_accounts_as_of',
  text: added(`${months('and sums.effective_month < $5')}
  union all
  select chart.id, month.currency, month.debits_minor, month.credits_minor
  from ledger_accounts as chart
  cross join lateral (
    select line.currency, ${sumsOf('line')}
    from segment_postings as line
    where line.tenant_id = $1 and line.ledger_account_id = chart.id and line.effective_date >= $5
      and line.effective_date <= $6 and line.recorded_at <= $4
    group by line.currency
    offset 0
  ) as month
  where chart.tenant_id = $1
  union all ${behindWithEntries('and entry.effective_date <= $6')}`),
};

const isUntil = (date: string): string =>
  `(${date}, line.recorded_at, line.entry_id, line.line) <= ($6::date, $7::timestamptz, $8::uuid, $9::smallint)`;

const sumsOfOne = {
  name: 'sum_account',
  text: added(`${months('and sums.ledger_account_id = $10 and sums.effective_month < $5')}
  union all
  select line.ledger_account_id, line.currency, ${sumsOf('line')}
  from segment_postings as line
  where line.tenant_id = $1 and line.ledger_account_id = $10 and line.effective_date >= $5
    and ${isUntil('line.effective_date')} and line.recorded_at <= $4
  group by line.ledger_account_id, line.currency
  union all ${behindWithEntries(`and line.ledger_account_id = $10 and ${isUntil('entry.effective_date')}`)}`),
};

const journalSums = {
  name: 'sum_journal',
  text: `
select line.ledger_account_id, line.currency, ${sumsOf('line')}
from postings as line
where line.tenant_id = $1 and line.recorded_at <= $2
group by line.ledger_account_id, line.currency`,
};

const journalSumsAsOf = {
  name: 'sum_journal_as_of',
  text: `
select line.ledger_account_id, line.currency, ${sumsOf('line')}
from postings as line
join journal_entries as entry on entry.tenant_id = line.tenant_id and entry.recorded_at = line.recorded_at
  and entry.id = line.entry_id
where line.tenant_id = $1 and line.recorded_at <= $2 and entry.tenant_id = $1 and entry.recorded_at <= $2
  and entry.effective_date <= $3
group by line.ledger_account_id, line.currency`,
};
