import type { AccountKind, ledger } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import type { OpeningBalance } from '../domain/journal-entry.ts';
import { listed, listValues, type NamedPage, type Page, type ReferenceFilter, toPage } from './reference-rows.ts';

interface AccountRow {
  id: string;
  name: string;
  kind: AccountKind;
  currency: string;
  version: bigint;
  created_at: Date;
  description: string;
  archived_at: Date | null;
  opening_minor: bigint | null;
  opening_date: string | null;
  opening_entry_id: string | null;
}

/** An account as it is stored, with the entry of its opening balance. */
export interface StoredAccount extends ledger.Account {
  kind: AccountKind;
  opening: (OpeningBalance & { entryId: string }) | undefined;
}

const columns = `
  account.id, account.name, account.kind, account.currency, account.version, account.created_at, account.description,
  account.archived_at, account.opening_minor, account.opening_date, account.opening_entry_id`;

function toAccount(row: AccountRow): StoredAccount {
  const { currency, opening_minor: amountMinor, opening_date: date, opening_entry_id: entryId } = row;
  const opening =
    amountMinor === null || date === null || entryId === null
      ? undefined
      : { amount: { currency, amountMinor }, date, entryId };
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    currency,
    version: row.version,
    createdAt: row.created_at,
    description: row.description,
    archivedAt: row.archived_at ?? undefined,
    openingBalance: opening && { amount: opening.amount, date: opening.date },
    opening,
  };
}

/** The account as clients and consumers see it. */
export function toAccountMessage({ opening: _, ...account }: StoredAccount): ledger.Account {
  return account;
}

/** One account, archived or not. */
export async function findAccount(session: Session, accountId: string): Promise<StoredAccount | undefined> {
  const { rows } = await session.query<AccountRow>(findStatement, [session.tenantId, accountId]);
  return rows[0] && toAccount(rows[0]);
}

/** An account that nobody else can change until the transaction ends. */
export async function lockAccount(session: Session, accountId: string): Promise<StoredAccount | undefined> {
  const { rows } = await session.query<AccountRow>(lockStatement, [session.tenantId, accountId]);
  return rows[0] && toAccount(rows[0]);
}

export async function listAccounts(
  session: Session,
  filter: ReferenceFilter & { kind: AccountKind | undefined },
  page: NamedPage,
): Promise<Page<StoredAccount>> {
  const { rows } = await session.query<AccountRow>(listStatement, [
    session.tenantId,
    ...listValues(filter, page),
    filter.kind ?? null,
  ]);
  return toPage(rows.map(toAccount), page);
}

interface AccountValues {
  id: string;
  name: string;
  kind: AccountKind;
  description: string;
  opening: (OpeningBalance & { entryId: string }) | undefined;
}

const toValues = ({ id, name, kind, description, opening }: AccountValues): unknown[] => [
  id,
  name,
  kind,
  description,
  opening?.amount.amountMinor ?? null,
  opening?.date ?? null,
  opening?.entryId ?? null,
];

/** Inserts an account; undefined where its name is taken. The entry of its opening balance is the caller's to insert. */
export async function insertAccount(
  session: Session,
  account: AccountValues & { currency: string },
): Promise<StoredAccount | undefined> {
  const { rows } = await session.query<AccountRow>(insertStatement, [
    session.tenantId,
    ...toValues(account),
    account.currency,
  ]);
  return rows[0] && toAccount(rows[0]);
}

/** Stores what a locked account is to be, as its next version. */
export async function updateAccount(
  session: Session,
  account: AccountValues & { isArchived: boolean },
): Promise<StoredAccount> {
  const { rows } = await session.query<AccountRow>(updateStatement, [
    session.tenantId,
    ...toValues(account),
    account.isArchived,
  ]);
  if (rows[0] === undefined) throw new Error('A locked account is gone');
  return toAccount(rows[0]);
}

const findStatement = {
  name: 'find_account',
  text: `select ${columns} from accounts as account where account.tenant_id = $1 and account.id = $2`,
};

const lockStatement = { name: 'lock_account', text: `${findStatement.text} for no key update` };

const listStatement = {
  name: 'list_accounts',
  text: `
select ${columns}
from accounts as account
${listed('account')}
  and ($7::text is null or account.kind = $7)
order by account.name, account.id
limit $4`,
};

const insertStatement = {
  name: 'insert_account',
  text: `
insert into accounts as account (
  tenant_id, id, name, kind, description, opening_minor, opening_date, opening_entry_id, currency, has_history
)
values ($1, $2, $3, $4, $5, $6, $7, $8::uuid, $9, $8::uuid is not null)
on conflict (tenant_id, name) where archived_at is null do nothing
returning ${columns}`,
};

const updateStatement = {
  name: 'update_account',
  text: `
update accounts as account
set name = $3, kind = $4, description = $5, opening_minor = $6, opening_date = $7, opening_entry_id = $8::uuid,
  has_history = account.has_history or $8::uuid is not null,
  archived_at = case when $9 then coalesce(account.archived_at, now()) end, version = account.version + 1
where account.tenant_id = $1 and account.id = $2
returning ${columns}`,
};
