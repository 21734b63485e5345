import type { Session } from '@outlay/platform';
import type { JournalFault } from './chain/verify-seals.ts';
import { isReversed } from './is-reversed.ts';

/** What of some accounts is not what the journal says. */
export interface ComparedAccounts {
  /** Those of them that were there by the moment that was asked about. */
  accountCount: number;
  faults: JournalFault[];
  /** The last one; undefined: there are no more. */
  endId: string | undefined;
}

/**
 * Holds the opening balances that the next accounts show, in the order of their ids, against the entries that booked them:
 * amount, currency, day, and whether it was taken back. What is more of an account, the journal does not say.
 */
export async function compareAccounts(
  session: Session,
  afterId: string,
  limit: number,
  recordedAt: string,
): Promise<ComparedAccounts> {
  const { rows: slices } = await session.query<{ count: number; length: number; end_id: string | null }>(
    sliceStatement,
    [session.tenantId, afterId, limit, recordedAt],
  );
  const { count: accountCount, length, end_id: endId } = slices[0] ?? { count: 0, length: 0, end_id: null };
  if (endId === null) return { accountCount: 0, faults: [], endId: undefined };
  const { rows } = await session.query<{ id: string; entry_id: string; is_booked: boolean; differences: string }>(
    compareStatement,
    [session.tenantId, afterId, endId, limit],
  );
  const faults = rows.map(
    (row): JournalFault => ({
      ...{ kind: row.is_booked ? 'opening_changed' : 'opening_unbooked', sequence: 0n },
      ...{ entryId: row.entry_id, accountId: row.id },
      detail: row.is_booked
        ? `The opening balance of the account is not what its journal entry says: ${row.differences}`
        : 'The opening balance of the account has no journal entry of its own: the one that it names is not there, or is of another account',
    }),
  );
  const { rows: noted } = await session.query<{ id: string; entry_id: string; is_copied: boolean }>(notedStatement, [
    ...[session.tenantId, afterId, endId],
  ]);
  const strays = noted.map(
    (row): JournalFault => ({
      ...{ kind: 'opening_unbooked', entryId: row.entry_id, accountId: row.id, sequence: 0n },
      detail: row.is_copied
        ? 'The ledger has noted an opening balance of the account more than once'
        : 'The ledger has a note of an opening balance of the account that is not in the journal',
    }),
  );
  return { accountCount, faults: [...faults, ...strays], endId: length < limit ? undefined : endId };
}

const sliceStatement = {
  name: 'find_account_slice',
  text: `
select count(*) filter (where slice.created_at <= $4::timestamptz)::int as count, count(*)::int as length,
  (array_agg(slice.id order by slice.id desc))[1] as end_id
from (
  select account.id, account.created_at from accounts as account
  where account.tenant_id = $1 and account.id > $2::uuid
  order by account.id
  limit $3
) as slice`,
};

const notedStatement = {
  name: 'find_stray_openings',
  text: `
select noted.account_id as id, noted.entry_id, noted.is_copied
from (
  select openings.account_id, openings.entry_id, count(*) > 1 as is_copied
  from account_openings as openings
  where openings.tenant_id = $1 and openings.account_id > $2::uuid and openings.account_id <= $3::uuid
  group by openings.account_id, openings.entry_id
) as noted
where noted.is_copied or not exists (
    select from journal_entries as entry
    cross join lateral (
      select from postings as posting
      where posting.tenant_id = $1 and posting.recorded_at = entry.recorded_at and posting.entry_id = entry.id
        and posting.ledger_account_id = noted.account_id
      offset 0
    ) as booked
    where entry.tenant_id = $1 and entry.id = noted.entry_id and entry.kind = 'opening'
    offset 0
  )
order by noted.account_id, noted.entry_id`,
};

// The first posting of an opening balance is that of the account (src/domain/journal-entry.ts). An account does not know when
// its entry was recorded: it is found by the index of openings, in each month.
const compareStatement = {
  name: 'compare_accounts',
  text: `
select account.id, account.opening_entry_id as entry_id, entry.is_booked, entry.differences
from (
  select accounts.id, accounts.currency, accounts.opening_minor, accounts.opening_date, accounts.opening_entry_id
  from accounts
  where accounts.tenant_id = $1 and accounts.id > $2::uuid and accounts.id <= $3::uuid
    and accounts.opening_entry_id is not null
  order by accounts.id
  limit $4
) as account
cross join lateral (
  select count(*) filter (where debit.ledger_account_id = account.id) > 0 as is_booked,
    string_agg(compared.differences, ', ') as differences
  from (
    select journal_entries.id, journal_entries.recorded_at, journal_entries.currency, journal_entries.amount_minor,
      journal_entries.effective_date
    from journal_entries
    where journal_entries.tenant_id = $1 and journal_entries.id = account.opening_entry_id
      and journal_entries.kind = 'opening'
    limit 2
  ) as found
  left join lateral (
    select posting.ledger_account_id, posting.currency, posting.amount_minor
    from postings as posting
    where posting.tenant_id = $1 and posting.recorded_at = found.recorded_at and posting.entry_id = found.id
    order by posting.line
    limit 1
  ) as debit on true
  cross join lateral (
    select nullif(
      concat_ws(
        ', ',
        case when (account.currency, account.opening_minor) is distinct from (found.currency, found.amount_minor)
          or (account.currency, account.opening_minor) is distinct from (debit.currency, debit.amount_minor)
          then 'amount' end,
        case when account.opening_date is distinct from found.effective_date then 'date' end,
        case when ${isReversed('found.id')} then 'status' end
      ),
      ''
    ) as differences
    offset 0
  ) as compared
) as entry
where not entry.is_booked or entry.differences <> ''
order by account.id`,
};
