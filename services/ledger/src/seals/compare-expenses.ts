import type { Session } from '@outlay/platform';
import { ledgerAccounts } from '../domain/ledger-account.ts';
import type { JournalFault } from './chain/verify-seals.ts';
import { isReversed } from './is-reversed.ts';

/** What of some expenses is not what the journal says. */
export interface ComparedExpenses {
  /** Those of them that were there by the moment that was asked about. */
  expenseCount: number;
  faults: JournalFault[];
  /** The last one; undefined: there are no more. */
  endId: string | undefined;
}

/**
 * Holds the next expenses, in the order of their ids, against their journal entries: what was paid and booked, the rate,
 * the day, the category, the account, and whether it is reversed. What is more of an expense, the journal does not say.
 */
export async function compareExpenses(
  session: Session,
  afterId: string,
  limit: number,
  recordedAt: string,
): Promise<ComparedExpenses> {
  const { rows: slices } = await session.query<{ count: number; length: number; end_id: string | null }>(
    sliceStatement,
    [session.tenantId, afterId, limit, recordedAt],
  );
  const { count: expenseCount, length, end_id: endId } = slices[0] ?? { count: 0, length: 0, end_id: null };
  if (endId === null) return { expenseCount: 0, faults: [], endId: undefined };
  const { rows } = await session.query<{ id: string; entry_id: string; is_booked: boolean; differences: string }>(
    compareStatement,
    [session.tenantId, afterId, endId],
  );
  const faults = rows.map(
    (row): JournalFault => ({
      ...{ kind: row.is_booked ? 'expense_changed' : 'expense_unbooked', sequence: 0n },
      ...{ entryId: row.entry_id, expenseId: row.id },
      detail: row.is_booked
        ? `The expense is not what its journal entry says: ${row.differences}`
        : 'The expense has no journal entry of its own: the one that it names is not there, or is not of this expense',
    }),
  );
  return { expenseCount, faults, endId: length < limit ? undefined : endId };
}

const sliceStatement = {
  name: 'find_expense_slice',
  text: `
select count(*) filter (where slice.created_at <= $4::timestamptz)::int as count, count(*)::int as length,
  (array_agg(slice.id order by slice.id desc))[1] as end_id
from (
  select expense.id, expense.created_at from expenses as expense
  where expense.tenant_id = $1 and expense.id > $2::uuid
  order by expense.id
  limit $3
) as slice`,
};

// The first posting of an entry is that of the category, in the currency of the books, and the last one that of the account
// (src/domain/journal-entry.ts).
const compareStatement = {
  name: 'compare_expenses',
  text: `
select expense.id, expense.entry_id, entry.id is not null as is_booked, compared.differences
from (
  select expenses.id, expenses.status, expenses.entry_id, expenses.entry_recorded_at, expenses.currency,
    expenses.amount_minor, expenses.booked_currency, expenses.booked_amount_minor, expenses.rate, expenses.rate_source,
    expenses.rate_date, expenses.expense_date, expenses.category_id, expenses.account_id
  from expenses
  where expenses.tenant_id = $1 and expenses.id > $2::uuid and expenses.id <= $3::uuid
  offset 0
) as expense
left join lateral (
  select found.id, found.currency, found.amount_minor, found.rate, found.rate_source, found.rate_date,
    found.effective_date
  from journal_entries as found
  where found.tenant_id = $1 and found.recorded_at = expense.entry_recorded_at and found.id = expense.entry_id
    and found.kind in ('expense', 'restatement') and found.expense_id = expense.id
  offset 0
) as entry on true
left join lateral (
  select posting.ledger_account_id, posting.currency, posting.amount_minor
  from postings as posting
  where posting.tenant_id = $1 and posting.recorded_at = expense.entry_recorded_at
    and posting.entry_id = expense.entry_id
  order by posting.line
  limit 1
) as debit on true
left join lateral (
  select posting.ledger_account_id
  from postings as posting
  where posting.tenant_id = $1 and posting.recorded_at = expense.entry_recorded_at
    and posting.entry_id = expense.entry_id
  order by posting.line desc
  limit 1
) as credit on true
cross join lateral (
  select concat_ws(
    ', ',
    case when (expense.currency, expense.amount_minor) is distinct from (entry.currency, entry.amount_minor)
      then 'amount' end,
    case when (expense.booked_currency, expense.booked_amount_minor)
      is distinct from (debit.currency, debit.amount_minor) then 'booked amount' end,
    case when (expense.rate, expense.rate_source, expense.rate_date)
      is distinct from (entry.rate, entry.rate_source, entry.rate_date) then 'rate' end,
    case when expense.expense_date is distinct from entry.effective_date then 'date' end,
    case when coalesce(expense.category_id, '${ledgerAccounts.uncategorised}')
      is distinct from debit.ledger_account_id then 'category' end,
    case when coalesce(expense.account_id, '${ledgerAccounts.unassigned}')
      is distinct from credit.ledger_account_id then 'account' end,
    case when (expense.status = 'reversed') <> ${isReversed('expense.entry_id')} then 'status' end
  ) as differences
  offset 0
) as compared
where entry.id is null or compared.differences <> ''
order by expense.id`,
};
