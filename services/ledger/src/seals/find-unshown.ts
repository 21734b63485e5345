import type { Session } from '@outlay/platform';
import type { JournalFault } from './chain/verify-seals.ts';
import { isMade, isReversed } from './is-reversed.ts';
import { type JournalPosition, within } from './read-journal.ts';

/**
 * Looks through a stretch of the journal for what the expenses and the accounts should show and do not: entries in force
 * that are no expense's, opening balances in force that are no account's, expenses and accounts that are gone altogether,
 * reversals that the ledger has no note of, and entries that it has noted as taken back and that are not: nobody could
 * change or reverse what they are of. Together with the comparison of each expense and each account this is all, as no
 * two entries of an expense are in force at once. There are `stretchSize` entries in the stretch at most, but for copies of the
 * last one.
 */
export async function findUnshown(
  session: Session,
  after: JournalPosition,
  until: JournalPosition,
  stretchSize: number,
): Promise<JournalFault[]> {
  const { rows } = await session.query<UnshownRow>(unshownStatement, [
    ...[session.tenantId, after.recordedAt, after.id, until.recordedAt, until.id, stretchSize],
  ]);
  return rows.map(({ id, expense_id, account_id, fault }) => ({
    ...{ entryId: id, expenseId: expense_id ?? '', accountId: account_id ?? '', sequence: 0n },
    ...unshown[fault],
  }));
}

interface UnshownRow {
  id: string;
  expense_id: string | null;
  account_id: string | null;
  fault: keyof typeof unshown;
}

const unshown = {
  missing: { kind: 'expense_missing', detail: 'No expense shows this entry, or what has become of it' },
  unopened: { kind: 'opening_missing', detail: 'No account shows this opening balance, or what has become of it' },
  unnoted: {
    kind: 'opening_missing',
    detail: 'The ledger has no note of this opening balance: its account could be given another beside it',
  },
  lost: {
    kind: 'reversal_lost',
    detail: 'The ledger has no note of this reversal: the entry that it takes back could be taken for one in force',
  },
  unmade: {
    kind: 'reversal_lost',
    detail: 'The ledger has a note of a reversal of this entry, and the reversal is not in the journal',
  },
} as const;

// Nearly every entry is found to be the one of its expense by a single lookup, and never noted by another one. Entries of no
// expense are those of opening balances, whose first posting is to the account (src/domain/journal-entry.ts).
const unshownStatement = {
  name: 'find_unshown_entries',
  text: `
select entry.id, entry.expense_id, account.id as account_id, found.fault
from (
  select journal_entries.id, journal_entries.recorded_at, journal_entries.kind, journal_entries.expense_id,
    journal_entries.reverses_entry_id
  from journal_entries
  where journal_entries.tenant_id = $1 and ${within('journal_entries.recorded_at', 'journal_entries.id')}
  order by journal_entries.recorded_at, journal_entries.id
  limit $6
) as entry
left join lateral (
  select posting.ledger_account_id as id
  from postings as posting
  where entry.expense_id is null and posting.tenant_id = $1 and posting.recorded_at = entry.recorded_at
    and posting.entry_id = entry.id
  order by posting.line
  limit 1
) as account on true
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
  select 'unopened'
  where entry.kind = 'opening' and not exists (
    select from accounts as shown
    where shown.tenant_id = $1 and shown.id = account.id and shown.opening_entry_id = entry.id offset 0
  ) and (
    not ${isReversed('entry.id')}
    or not exists (select from accounts as shown where shown.tenant_id = $1 and shown.id = account.id offset 0)
  )
  union all
  select 'unnoted'
  where entry.kind = 'opening' and not exists (
    select from account_openings as noted
    where noted.tenant_id = $1 and noted.account_id = account.id and noted.entry_id = entry.id offset 0
  )
  union all
  select 'unmade'
  where exists (
    select from reversals as noted where noted.tenant_id = $1 and noted.entry_id = entry.id and not ${isMade} offset 0
  )
) as found
order by entry.recorded_at, entry.id`,
};
