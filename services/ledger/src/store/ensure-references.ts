import { ledger } from '@outlay/contracts';
import { enqueueEvents, type OutgoingEvent } from '@outlay/messaging';
import { newId, type Session, type TenantContext } from '@outlay/platform';
import { recordAudits } from './record-audits.ts';

/** Names that expenses are about to refer to. Trimmed, 1 to 200 characters. */
export interface WantedReferences {
  categories?: readonly string[];
  projects?: readonly string[];
  accounts?: readonly WantedAccount[];
}

export interface WantedAccount {
  name: string;
  /** Of the account that is made where there is none of this name; one that exists keeps its own. */
  kind: 'cash' | 'bank' | 'card' | 'other';
  currency: string;
}

export interface FoundReference {
  id: string;
  name: string;
}

/** What was found or made, by the name exactly as it was asked for. */
export interface EnsuredReferences {
  categories: ReadonlyMap<string, FoundReference>;
  projects: ReadonlyMap<string, FoundReference>;
  accounts: ReadonlyMap<string, FoundReference & { currency: string }>;
}

/**
 * Finds categories, projects and accounts by name and makes those that do not exist, with their events and audit rows,
 * in the session's transaction. A handful of statements whatever the number of names. A name that another transaction
 * is making at the same moment is waited for, and found. Names are inserted in one order, so that two imports that make
 * the same ones do not deadlock; a transaction should call this once, before it books.
 */
export async function ensureReferences(
  session: Session,
  context: TenantContext,
  wanted: WantedReferences,
): Promise<EnsuredReferences> {
  // The same order of tables for everyone, for the same reason as the order of names.
  const accounts = await ensureRows(session, context, accountTable, wanted.accounts ?? []);
  const categories = await ensureRows(session, context, categoryTable, toRows(wanted.categories));
  const projects = await ensureRows(session, context, projectTable, toRows(wanted.projects));
  return { accounts, categories, projects };
}

const toRows = (names: readonly string[] = []) => names.map((name) => ({ name }));

interface StoredRow extends FoundReference {
  kind: string;
  currency: string;
  version: bigint;
  created_at: Date;
}

interface ReferenceTable {
  find: { name: string; text: string };
  insert: { name: string; text: string };
  entity: 'category' | 'project' | 'account';
  event: (context: TenantContext, row: StoredRow) => OutgoingEvent;
  after: (row: StoredRow) => unknown;
}

async function ensureRows(
  session: Session,
  context: TenantContext,
  table: ReferenceTable,
  wanted: readonly { name: string }[],
): Promise<Map<string, StoredRow>> {
  const byName = new Map(wanted.map((row) => [row.name, row]));
  const found = new Map<string, StoredRow>();
  const find = async () => {
    const missing = [...byName.keys()].filter((name) => !found.has(name));
    if (missing.length === 0) return;
    const { rows } = await session.query<StoredRow>(table.find, [context.tenantId, missing]);
    for (const row of rows) found.set(row.name, row);
  };
  await find();
  const missing = [...byName.values()].filter((row) => !found.has(row.name));
  if (missing.length === 0) return found;
  const rows = missing.map((row) => ({ ...row, id: newId() }));
  const { rows: made } = await session.query<StoredRow>(table.insert, [context.tenantId, JSON.stringify(rows)]);
  await enqueueEvents(
    session,
    context,
    made.map((row) => table.event(context, row)),
  );
  await recordAudits(
    session,
    context,
    made.map((row) => ({
      action: `${table.entity}.created`,
      entity: table.entity,
      entityId: row.id,
      after: table.after(row),
    })),
  );
  await find();
  return found;
}

const described = ({ id, name, version, created_at }: StoredRow) => ({ id, name, version, createdAt: created_at });
const describedAccount = (row: StoredRow) => ({ ...described(row), kind: row.kind, currency: row.currency });
const about = (context: TenantContext, row: StoredRow) => ({
  tenantId: context.tenantId,
  subject: row.id,
  aggregateVersion: row.version,
});

// Names are what files and people write: two that differ in letter case are two, as are the cost centres they stand for.
const findStatement = (table: string, columns = '') => ({
  name: `find_${table}`,
  text: `
select ${table}.id, ${table}.name, ${table}.version, ${table}.created_at ${columns}
from ${table}
where ${table}.tenant_id = $1 and ${table}.name = any ($2::text[])`,
});

const insertStatement = (table: string) => ({
  name: `ensure_${table}`,
  text: `
insert into ${table} (tenant_id, id, name)
select distinct on (row.name) $1::uuid, row.id, row.name
from json_to_recordset($2::json) as row (id uuid, name text)
order by row.name
on conflict (tenant_id, name) do nothing
returning id, name, version, created_at`,
});

const categoryTable: ReferenceTable = {
  find: findStatement('categories'),
  insert: insertStatement('categories'),
  entity: 'category',
  event: (context, row) => ({
    ...about(context, row),
    type: 'outlay.ledger.category.created.v1',
    data: { category: described(row) },
  }),
  after: (row) => ledger.Category.toJSON(described(row)),
};

const projectTable: ReferenceTable = {
  find: findStatement('projects'),
  insert: insertStatement('projects'),
  entity: 'project',
  event: (context, row) => ({
    ...about(context, row),
    type: 'outlay.ledger.project.created.v1',
    data: { project: described(row) },
  }),
  after: (row) => ledger.Project.toJSON(described(row)),
};

const accountTable: ReferenceTable = {
  find: findStatement('accounts', ', accounts.kind, accounts.currency'),
  insert: {
    name: 'ensure_accounts',
    text: `
insert into accounts (tenant_id, id, name, kind, currency)
select distinct on (row.name) $1::uuid, row.id, row.name, row.kind, row.currency
from json_to_recordset($2::json) as row (id uuid, name text, kind text, currency text)
order by row.name
on conflict (tenant_id, name) do nothing
returning id, name, kind, currency, version, created_at`,
  },
  entity: 'account',
  event: (context, row) => ({
    ...about(context, row),
    type: 'outlay.ledger.account.created.v1',
    data: { account: describedAccount(row) },
  }),
  after: (row) => ledger.Account.toJSON(describedAccount(row)),
};
