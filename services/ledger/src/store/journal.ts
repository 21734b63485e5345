import type { Session } from '@outlay/platform';
import type { EntryKind, JournalEntry } from '../domain/journal-entry.ts';
import type { RateSource } from '../domain/money.ts';

/** Writes entries with their postings, in one statement. They count as recorded at the transaction's instant. */
export async function insertEntries(session: Session, entries: readonly JournalEntry[]): Promise<void> {
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
  await session.query(insertStatement, [session.tenantId, JSON.stringify(rows), ...toPostingColumns(entries)]);
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

/** The entry that is in force for an expense. */
export async function findEntryInForce(session: Session, expenseId: string): Promise<JournalEntry> {
  const [entry] = await findEntriesInForce(session, [expenseId]);
  if (entry === undefined) throw new Error('An expense has no journal entry');
  return entry;
}

/** The entries that are in force for expenses. An expense knows when its was recorded, which leads to its partition. */
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

// Amounts travel as text within JSON, whose numbers lose precision.
const findStatement = {
  name: 'find_entries_in_force',
  text: `
select entry.id, entry.kind, entry.expense_id, entry.reverses_entry_id, entry.effective_date, entry.currency,
  entry.amount_minor, entry.rate, entry.rate_source, entry.rate_date, lines.postings
from expenses as expense
join journal_entries as entry on entry.tenant_id = expense.tenant_id
  and entry.recorded_at = expense.entry_recorded_at and entry.id = expense.entry_id
cross join lateral (
  select json_agg(
    json_build_object(
      'ledger_account_id', posting.ledger_account_id, 'currency', posting.currency,
      'amount_minor', posting.amount_minor::text
    ) order by posting.line
  ) as postings
  from postings as posting
  where posting.tenant_id = entry.tenant_id and posting.recorded_at = entry.recorded_at and posting.entry_id = entry.id
) as lines
where expense.tenant_id = $1 and expense.id = any ($2::uuid[])`,
};
