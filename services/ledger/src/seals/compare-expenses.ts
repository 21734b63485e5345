import type { Session } from '@outlay/platform';
import { ledgerAccounts } from '../domain/ledger-account.ts';
import type { JournalFault } from './chain/verify-seals.ts';
import { type JournalPosition, within } from './read-journal.ts';

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

/** Whether the reversal that is noted is in the journal. `offset 0` keeps it a lookup, as in all of these statements. */
const isMade = `exists (
      select from journal_entries as reversal
      where reversal.tenant_id = $1 and reversal.recorded_at = noted.recorded_at and reversal.id = noted.reversal_id
        and reversal.kind = 'reversal' and reversal.reverses_entry_id = noted.entry_id offset 0
    )`;

/**
 * Whether an entry was taken back: by an entry that is in the journal, which its seal vouches for, and not only in the note
 * of it.
 */
const isReversed = (entryId: string): string => `exists (
    select from reversals as noted where noted.tenant_id = $1 and noted.entry_id = ${entryId} and ${isMade} offset 0
  )`;

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

/**
 * Looks through a stretch of the journal for what the expenses should show and do not: entries in force that are no
 * expense's, expenses that are gone altogether, reversals that the ledger has no note of, and entries that it has noted as
 * taken back and that are not: nobody could change or reverse their expenses. Together with the comparison of each expense
 * this is all, as no two entries of an expense are in force at once.
 */
export async function findUnshown(
  session: Session,
  after: JournalPosition,
  until: JournalPosition,
): Promise<JournalFault[]> {
  const { rows } = await session.query<{ id: string; expense_id: string | null; fault: keyof typeof unshown }>(
    unshownStatement,
    [session.tenantId, after.recordedAt, after.id, until.recordedAt, until.id],
  );
  return rows.map(({ id, expense_id, fault }) => ({
    ...{ entryId: id, expenseId: expense_id ?? '', sequence: 0n },
    ...unshown[fault],
  }));
}

const unshown = {
  missing: { kind: 'expense_missing', detail: 'No expense shows this entry, or what has become of it' },
  lost: {
    kind: 'reversal_lost',
    detail: 'The ledger has no note of this reversal: the entry that it takes back could be taken for one in force',
  },
  unmade: {
    kind: 'reversal_lost',
    detail: 'The ledger has a note of a reversal of this entry, and the reversal is not in the journal',
  },
} as const;

// Nearly every entry is found to be the one of its expense by a single lookup, and never noted by another one.
const unshownStatement = {
  name: 'find_unshown_entries',
  text: `
select entry.id, entry.expense_id, found.fault
from journal_entries as entry
cross join lateral (
  select 'lost' as fault
  where entry.kind = 'reversal' and not exists (
    select from reversals as noted
    where noted.tenant_id = $1 and noted.entry_id = entry.reverses_entry_id and noted.reversal_id = entry.id
      and noted.recorded_at = entry.recorded_at offset 0
  )
  union all
  select 'missing'
  where entry.kind in ('expense', 'restatement') and not exists (
    select from expenses as shown
    where shown.tenant_id = $1 and shown.id = entry.expense_id and shown.entry_id = entry.id offset 0
  ) and (
    not ${isReversed('entry.id')}
    or not exists (
      select from expenses as shown where shown.tenant_id = $1 and shown.id = entry.expense_id offset 0
    )
  )
  union all
  select 'unmade'
  where exists (
    select from reversals as noted where noted.tenant_id = $1 and noted.entry_id = entry.id and not ${isMade} offset 0
  )
) as found
where entry.tenant_id = $1 and ${within('entry.recorded_at', 'entry.id')}
order by entry.recorded_at, entry.id`,
};
