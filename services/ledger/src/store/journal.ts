import type { Session } from '@outlay/platform';
import { booksDisagree } from '../domain/books-disagree.ts';
import { type EntryKind, isBalanced, type JournalEntry } from '../domain/journal-entry.ts';
import type { RateSource } from '../domain/money.ts';
import { isRefusedBy } from './is-refused-by.ts';

/**
 * Writes entries with their postings, in one statement. They count as recorded at the transaction's instant.
 *
 * Throws conflict `books_disagree` where one is to take back what is not in force as it says, or what no entry can be: whoever
 * holds the locks that changes need can only be told so by what was changed behind the service's back.
 */
export async function insertEntries(session: Session, entries: readonly JournalEntry[]): Promise<void> {
  const disagreement = () =>
    booksDisagree(entries.some(({ expenseId }) => expenseId !== undefined) ? 'expense' : 'account');
  const reversals = entries.filter(({ kind }) => kind === 'reversal');
  // Looked at here, as the database does not say whose postings it refuses; of a new entry that is a fault of ours.
  if (!reversals.every(isBalanced)) throw disagreement();
  const rows = entries.map((entry) => ({
    id: entry.id,
    effective_date: entry.effectiveDate,
    kind: entry.kind,
    expense_id: entry.expenseId,
    reverses_entry_id: entry.reversesEntryId,
    currency: entry.amount.currency,
    amount_minor: entry.amount.amountMinor.toString(),
    rate: entry.rate.rate,
    rate_source: entry.rate.source,
    rate_date: entry.rate.date,
  }));
  try {
    await session.query(insertStatement, [session.tenantId, JSON.stringify(rows), ...toPostingColumns(entries)]);
  } catch (error) {
    const isRefused =
      isRefusedBy(error, '23514', 'reversal_is_exact') ||
      isRefusedBy(error, '23505', 'entry_is_reversed_once') ||
      // What is booked anew refers to what callers have looked up; what is taken back, to whatever its postings say.
      (reversals.length > 0 && isRefusedBy(error, '23514', 'posting_is_in_chart'));
    throw isRefused ? disagreement() : error;
  }
}

/** The postings of entries as array literals of entry ids, lines, accounts, currencies and amounts, for insertPostings. */
export function toPostingColumns(entries: readonly JournalEntry[]): string[] {
  const rows = entries.flatMap((entry) =>
    entry.postings.map((posting, index) => ({ ...posting, entry, line: index + 1 })),
  );
  const literal = (column: (row: (typeof rows)[number]) => unknown) => `{${rows.map(column).join(',')}}`;
  return [
    literal(({ entry }) => entry.id),
    literal(({ line }) => line),
    literal(({ ledgerAccountId }) => ledgerAccountId),
    literal(({ currency }) => currency),
    literal(({ amountMinor }) => amountMinor),
  ];
}

/** Inserts what toPostingColumns made, given as the parameter `first` and the four behind it; $1 is the tenant. */
export const insertPostings = (first: number): string => `
insert into postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
select $1::uuid, row.entry_id, row.line, now(), row.ledger_account_id, row.currency, row.amount_minor
from unnest($${first}::uuid[], $${first + 1}::smallint[], $${first + 2}::uuid[], $${first + 3}::text[], $${first + 4}::bigint[])
  as row (entry_id, line, ledger_account_id, currency, amount_minor)`;

const insertStatement = {
  name: 'insert_entries',
  text: `
with entries as (
  insert into journal_entries (
    tenant_id, id, recorded_at, effective_date, kind, expense_id, reverses_entry_id, currency, amount_minor, rate,
    rate_source, rate_date
  )
  select $1::uuid, row.id, now(), row.effective_date, row.kind, row.expense_id, row.reverses_entry_id, row.currency,
    row.amount_minor, row.rate, row.rate_source, row.rate_date
  from json_to_recordset($2::json) as row (
    id uuid, effective_date date, kind text, expense_id uuid, reverses_entry_id uuid, currency text, amount_minor bigint,
    rate numeric, rate_source text, rate_date date
  )
)${insertPostings(3)}`,
};

interface EntryRow {
  id: string;
  kind: EntryKind;
  expense_id: string | null;
  reverses_entry_id: string | null;
  effective_date: string;
  currency: string;
  amount_minor: bigint;
  rate: string;
  rate_source: RateSource;
  rate_date: string;
  postings: { ledger_account_id: string; currency: string; amount_minor: string }[];
}

/** The entry that is in force for an expense. Throws conflict `books_disagree` where it is gone, or is of another one. */
export async function findEntryInForce(session: Session, expenseId: string): Promise<JournalEntry> {
  const [entry] = await findEntriesInForce(session, [expenseId]);
  if (entry === undefined) throw booksDisagree('expense');
  return entry;
}

/** The entries that are in force for expenses, of those that have one of their own. An expense knows when its was recorded, which leads to its partition. */
export async function findEntriesInForce(session: Session, expenseIds: readonly string[]): Promise<JournalEntry[]> {
  const { rows } = await session.query<EntryRow>(findStatement, [session.tenantId, expenseIds]);
  return rows.map(toEntry);
}

function toEntry(row: EntryRow): JournalEntry {
  return {
    id: row.id,
    kind: row.kind,
    expenseId: row.expense_id ?? undefined,
    reversesEntryId: row.reverses_entry_id ?? undefined,
    effectiveDate: row.effective_date,
    amount: { currency: row.currency, amountMinor: row.amount_minor },
    rate: { rate: row.rate, source: row.rate_source, date: row.rate_date },
    postings: row.postings.map((posting) => ({
      ledgerAccountId: posting.ledger_account_id,
      currency: posting.currency,
      amountMinor: BigInt(posting.amount_minor),
    })),
  };
}

// Amounts travel as text within JSON, whose numbers lose precision. Each by lookups (offset 0): planned for a thousand at once,
// whole partitions were read, which took four times as long.
const findStatement = {
  name: 'find_entries_in_force',
  text: `
select entry.id, entry.kind, entry.expense_id, entry.reverses_entry_id, entry.effective_date, entry.currency,
  entry.amount_minor, entry.rate, entry.rate_source, entry.rate_date, lines.postings
from unnest($2::uuid[]) as wanted (id)
cross join lateral (
  select expenses.tenant_id, expenses.id, expenses.entry_id, expenses.entry_recorded_at from expenses
  where expenses.tenant_id = $1 and expenses.id = wanted.id
  offset 0
) as expense
cross join lateral (
  select journal_entries.tenant_id, journal_entries.id, journal_entries.recorded_at, journal_entries.kind,
    journal_entries.expense_id, journal_entries.reverses_entry_id, journal_entries.effective_date,
    journal_entries.currency, journal_entries.amount_minor, journal_entries.rate, journal_entries.rate_source,
    journal_entries.rate_date
  from journal_entries
  where journal_entries.tenant_id = expense.tenant_id and journal_entries.recorded_at = expense.entry_recorded_at
    and journal_entries.id = expense.entry_id and journal_entries.expense_id = expense.id
    and journal_entries.kind in ('expense', 'restatement')
  offset 0
) as entry
cross join lateral (
  -- Where all postings are gone that is an entry without any, and not no list.
  select coalesce(json_agg(
    json_build_object(
      'ledger_account_id', posting.ledger_account_id, 'currency', posting.currency,
      'amount_minor', posting.amount_minor::text
    ) order by posting.line
  ), '[]') as postings
  from postings as posting
  where posting.tenant_id = entry.tenant_id and posting.recorded_at = entry.recorded_at and posting.entry_id = entry.id
) as lines`,
};

/** Whether an opening balance of an account is in force, whatever the account shows. */
export async function hasOpeningInForce(session: Session, accountId: string): Promise<boolean> {
  const { rows } = await session.query<{ is_open: boolean }>(openingStatement, [session.tenantId, accountId]);
  return rows[0]?.is_open ?? false;
}

/** A lookup for each of the few that the account ever had. */
export const openingStatement = {
  name: 'has_opening_in_force',
  text: `
select exists (
  select from account_openings as opening
  where opening.tenant_id = $1 and opening.account_id = $2
    and not exists (
      select from reversals where reversals.tenant_id = $1 and reversals.entry_id = opening.entry_id offset 0
    )
) as is_open`,
};
