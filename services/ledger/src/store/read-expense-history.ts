import { ledger } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import { instantOf } from './instants.ts';

interface HistoryRow {
  id: string;
  recorded_at: Date;
  action: string;
  actor_kind: string;
  actor_id: string;
  request_id: string;
  before: unknown;
  after: unknown;
  entries: unknown[] | null;
}

const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Changes of one expense from the audit trail with what the journal booked at the same instant, newest first. */
export async function readExpenseHistory(
  session: Session,
  { expenseId, after = lastId, count }: { expenseId: string; after: string | undefined; count: number },
): Promise<ledger.ExpenseChange[]> {
  const { rows } = await session.query<HistoryRow>(historyStatement, [session.tenantId, expenseId, after, count]);
  return rows.map((row) => ({
    id: row.id,
    recordedAt: row.recorded_at,
    action: row.action,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    requestId: row.request_id,
    before: row.before === null ? undefined : ledger.Expense.fromJSON(row.before),
    after: row.after === null ? undefined : ledger.Expense.fromJSON(row.after),
    entries: (row.entries ?? []).map((entry) => ledger.JournalEntry.fromJSON(entry)),
  }));
}

// A change and its entries are of one transaction, hence of one instant, by which the entries are found. The changes of one
// expense have an index; they are found before they are put in order. Amounts are text within JSON, whose numbers lose
// digits.
const historyStatement = {
  name: 'read_expense_history',
  text: `
select change.id, change.recorded_at, change.action, change.actor_kind, change.actor_id, change.request_id, change.before,
  change.after, booked.entries
from (
  select entry.tenant_id, entry.id, entry.recorded_at, entry.action, entry.actor_kind, entry.actor_id, entry.request_id,
    entry.before, entry.after
  from audit_entries as entry
  where entry.tenant_id = $1 and entry.entity = 'expense' and entry.entity_id = $2::uuid::text
  offset 0
) as change
left join lateral (
  select json_agg(
    json_build_object(
      'id', entry.id, 'recordedAt', ${instantOf('entry.recorded_at')},
      'effectiveDate', entry.effective_date, 'kind', entry.kind, 'expenseId', entry.expense_id,
      'reversesEntryId', coalesce(entry.reverses_entry_id::text, ''), 'currency', entry.currency,
      'amountMinor', entry.amount_minor::text, 'rate', entry.rate::text, 'rateSource', entry.rate_source,
      'rateDate', entry.rate_date, 'postings', (
        select json_agg(
          json_build_object(
            'line', posting.line, 'ledgerAccountId', posting.ledger_account_id, 'currency', posting.currency,
            'amountMinor', posting.amount_minor::text
          ) order by posting.line
        )
        from postings as posting
        where posting.tenant_id = entry.tenant_id and posting.recorded_at = entry.recorded_at
          and posting.entry_id = entry.id
      )
    ) order by entry.kind desc, entry.id
  ) as entries
  from journal_entries as entry
  where entry.tenant_id = change.tenant_id and entry.recorded_at = change.recorded_at and entry.expense_id = $2::uuid
) as booked on true
where change.id < $3::uuid
order by change.id desc
limit $4`,
};
