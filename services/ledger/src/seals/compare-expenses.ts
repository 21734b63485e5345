import { nilId, type Session } from '@outlay/platform';
import { ledgerAccounts } from '../domain/ledger-account.ts';
import { auditEntriesOf, isChangedBetween, milliseconds, textsOf, versionSaid } from './audited-state.ts';
import type { JournalFault } from './chain/verify-seals.ts';
import { followIndexes } from './follow-indexes.ts';
import { hasNilId } from './has-nil-id.ts';
import { isReversed } from './is-reversed.ts';
import { usualTags } from './stored-size.ts';

/** What of some expenses is not what the journal or the audit trail says. */
export interface ComparedExpenses {
  /** Those of them that were there by the moment that was asked about. */
  expenseCount: number;
  faults: JournalFault[];
  /** The last one; undefined: there are no more. */
  endId: string | undefined;
}

/**
 * Holds the next expenses, in the order of their ids, against their journal entries: what was paid and booked, the rate,
 * the day, the category, the account, and whether it is reversed. What is more of an expense, the journal does not say:
 * that is held against the audit entry of its last change.
 */
export async function compareExpenses(
  session: Session,
  afterId: string,
  limit: number,
  recordedAt: string,
): Promise<ComparedExpenses> {
  await followIndexes(session);
  const nameless = afterId === nilId && (await hasNilId(session, 'expenses')) ? [ofNothing] : [];
  const { rows: slices } = await session.query<Slice>(sliceStatement, [session.tenantId, afterId, limit, recordedAt]);
  const { count: expenseCount, length, end_id: endId, copied } = slices[0] ?? noSlice;
  if (endId === null) return { expenseCount: 0, faults: nameless, endId: undefined };
  const { rows } = await session.query<ComparedRow>(compareStatement, [session.tenantId, afterId, endId, limit]);
  const faults = [...nameless, ...(copied ?? []).map(isCopied), ...rows.map(faultOf)];
  return { expenseCount, faults, endId: length < limit ? undefined : endId };
}

const ofNothing: JournalFault = {
  ...{ kind: 'expense_unbooked', entryId: '', sequence: 0n, expenseId: nilId },
  detail: 'The ledger gives this id to no expense',
};

const isCopied = (expenseId: string): JournalFault => ({
  ...{ kind: 'expense_changed', entryId: '', sequence: 0n, expenseId },
  detail: 'The expense is there more than once',
});

interface Slice {
  count: number;
  length: number;
  end_id: string | null;
  /** Those that are there more than once. */
  copied: string[] | null;
}

const noSlice: Slice = { count: 0, length: 0, end_id: null, copied: null };

interface ComparedRow {
  id: string;
  entry_id: string;
  is_booked: boolean;
  /** From the entry; empty: none. */
  differences: string;
  is_audited: boolean;
  /** From the audit entry, in what the entry does not say. */
  audit_differences: string;
  is_changed_between: boolean;
}

function faultOf(row: ComparedRow): JournalFault {
  const isUnaudited = row.is_booked && row.differences === '' && !row.is_audited && !row.is_changed_between;
  const details = [
    ...(row.is_booked
      ? []
      : ['The expense has no journal entry of its own: the one that it names is not there, or is not of this expense']),
    ...(row.is_booked && row.differences !== ''
      ? [`The expense is not what its journal entry says: ${row.differences}`]
      : []),
    ...(row.is_audited ? [] : ['The audit trail has no entry of the last change of the expense']),
    ...(row.is_audited && row.audit_differences !== ''
      ? [`The expense is not what its audit entry says: ${row.audit_differences}`]
      : []),
    ...(row.is_changed_between
      ? ['The expense was changed between two of its audit entries, in what only they say, without one of its own']
      : []),
  ];
  const changed = isUnaudited ? 'expense_unaudited' : 'expense_changed';
  return {
    ...{ kind: row.is_booked ? changed : 'expense_unbooked', sequence: 0n },
    ...{ entryId: row.entry_id, expenseId: row.id },
    detail: details.join('. '),
  };
}

// All that have the last id are of the slice, however many somebody has made of one. The ids come in their order.
const sliceStatement = {
  name: 'find_expense_slice',
  text: `
select count(*) filter (where slice.created_at <= $4::timestamptz)::int as count, count(*)::int as length,
  (array_agg(slice.id))[count(*)] as end_id,
  array_agg(slice.id::text order by slice.id) filter (where slice.copy = 2) as copied
from (
  select next.id, next.created_at, row_number() over (partition by next.id) as copy
  from (
    select expense.id, expense.created_at from expenses as expense
    where expense.tenant_id = $1 and expense.id > $2::uuid
    order by expense.id
    fetch first ($3) rows with ties
  ) as next
) as slice`,
};

const meaningOfExpense = (state: string): string =>
  `${textsOf(['title', 'description', 'paymentMethod', 'tags', 'vendor', 'userId', 'importId'])(state)}
          || coalesce(${state} #>> '{project,id}', '')`;

/** Leaves out the months in which it was not there, or not changed any more. */
const duringItsTime = ' and change.recorded_at >= expense.created_at and change.recorded_at <= expense.updated_at';

// The first posting of an entry is that of the category, in the currency of the books, and the last one that of the account
// (src/domain/journal-entry.ts). Who changes an expense writes its audit entry in the same transaction, with the whole
// expense, so that the instant of the change leads to it: a lookup in one month. The other months are looked through only
// for those that have none there. Ids are made text before they are looked up, as row-level security lets no conversion into
// an index. An older state does not pass for the last one: what is posted was booked when it was changed last, and of what is
// reversed the last audit entry says so.
const compareStatement = {
  name: 'compare_expenses',
  text: `
select expense.id, expense.entry_id, entry.id is not null as is_booked, compared.differences,
  said.state is not null as is_audited, audited.differences as audit_differences, history.is_changed_between
from (
  select expenses.id, expenses.id::text as audited_id, expenses.status, expenses.entry_id, expenses.entry_recorded_at,
    expenses.currency, expenses.amount_minor, expenses.booked_currency, expenses.booked_amount_minor, expenses.rate,
    expenses.rate_source, expenses.rate_date, expenses.expense_date, expenses.category_id, expenses.account_id,
    expenses.title, expenses.description, expenses.project_id, expenses.payment_method, expenses.tags, expenses.vendor,
    expenses.user_id, expenses.import_id, expenses.version, expenses.created_at, expenses.updated_at
  from expenses
  where expenses.tenant_id = $1 and expenses.id > $2::uuid and expenses.id <= $3::uuid
  order by expenses.id
  limit $4
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
    case when expense.status is distinct from
      case when ${isReversed('expense.entry_id')} then 'reversed' else 'posted' end then 'status' end
  ) as differences
  offset 0
) as compared
left join lateral (
  select found.recorded_at, found.state
  from (
    select change.recorded_at, change.after as state
    from (${auditEntriesOf('expense', 'expense.audited_id', ' and change.recorded_at = expense.updated_at')}
    ) as change
    where change.after ->> 'version' = expense.version::text
    union all
    select newest.recorded_at, newest.state
    from (
      select change.recorded_at, change.after as state, ${versionSaid('change')} as version
      from (${auditEntriesOf('expense', 'expense.audited_id', ' and change.after is not null')}
      ) as change
      order by ${versionSaid('change')} desc nulls last
      limit 1
    ) as newest
    where newest.version >= expense.version or newest.recorded_at = expense.updated_at
  ) as found
  limit 1
) as said on true
cross join lateral (
  select concat_ws(
    ', ',
    case when expense.title is distinct from coalesce(said.state ->> 'title', '') then 'title' end,
    case when expense.description is distinct from coalesce(said.state ->> 'description', '') then 'description' end,
    case when expense.project_id::text is distinct from said.state #>> '{project,id}' then 'project' end,
    case when expense.payment_method is distinct from coalesce(said.state ->> 'paymentMethod', '') then 'payment method' end,
    case when to_jsonb(${usualTags('expense.tags')}) is distinct from coalesce(said.state -> 'tags', '[]') then 'tags' end,
    case when expense.vendor is distinct from coalesce(said.state ->> 'vendor', '') then 'vendor' end,
    case when expense.user_id::text is distinct from said.state ->> 'userId' then 'owner' end,
    case when expense.import_id::text is distinct from said.state ->> 'importId' then 'import' end,
    case when expense.version::text is distinct from said.state ->> 'version' then 'version' end,
    case when
      case when said.state ->> 'version' = '1' then expense.created_at is distinct from said.recorded_at
        else ${milliseconds('expense.created_at')} is distinct from said.state ->> 'createdAt' end
      then 'created' end,
    case when expense.status is distinct from said.state ->> 'status' then 'status' end,
    case when expense.updated_at is distinct from said.recorded_at
      or expense.status = 'posted' and expense.updated_at is distinct from expense.entry_recorded_at then 'updated' end
  ) as differences
  offset 0
) as audited
cross join lateral (
  select expense.version > 1 and ${isChangedBetween('expense', 'expense.audited_id', meaningOfExpense, duringItsTime)} as is_changed_between
  offset 0
) as history
where entry.id is null or compared.differences <> '' or said.state is null or audited.differences <> ''
  or history.is_changed_between
order by expense.id`,
};
