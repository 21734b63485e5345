import { type AccountKind, ledger } from '@outlay/contracts';
import { enqueueEvents, type OutgoingEvent } from '@outlay/messaging';
import { newId, type Session, type TenantContext } from '@outlay/platform';
import { categoryDepthMax } from './category-descendants.ts';
import { lockTree, readPaths } from './category-tree.ts';
import { recordAudits } from './record-audits.ts';

/** Names that expenses are about to refer to. Trimmed, 1 to 200 characters. */
export interface WantedReferences {
  categories?: readonly string[];
  /** Places in the tree, each from its top down. What is not there is made where it says; what is there stays in its place. */
  categoryPaths?: readonly (readonly string[])[];
  projects?: readonly string[];
  accounts?: readonly WantedAccount[];
}

export interface WantedAccount {
  name: string;
  /** Of the account that is made where there is none of this name; one that exists keeps its own. */
  kind: AccountKind;
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
  /** What was made, in that order. */
  made: readonly MadeReference[];
}

export interface MadeReference {
  kind: 'category' | 'project' | 'account';
  id: string;
}

/**
 * Finds categories, projects and accounts by name and makes those that do not exist, with their events and audit rows,
 * in the session's transaction. An archived one is not found: another of its name is made, categories at the top of the
 * tree. A handful of statements whatever the number of names. A name that another transaction
 * is making at the same moment is waited for, and found. Names are inserted in one order, so that two imports that make
 * the same ones do not deadlock; a transaction should call this once, before it books.
 */
export async function ensureReferences(
  session: Session,
  context: TenantContext,
  wanted: WantedReferences,
): Promise<EnsuredReferences> {
  const made: MadeReference[] = [];
  // The same order of tables for everyone, for the same reason as the order of names.
  const accounts = await ensureRows(session, context, accountTable, wanted.accounts ?? [], made);
  await ensurePaths(session, context, wanted.categoryPaths ?? [], made);
  const categories = await ensureRows(session, context, categoryTable, toRows(wanted.categories), made);
  const projects = await ensureRows(session, context, projectTable, toRows(wanted.projects), made);
  return { accounts, categories, projects, made };
}

/** Finds categories, projects and accounts by name as ensureReferences does, and makes none. */
export async function findReferences(
  session: Session,
  context: TenantContext,
  { accounts = [], categories = [], projects = [] }: WantedReferences,
): Promise<EnsuredReferences> {
  const find = async (table: ReferenceTable, names: readonly string[]): Promise<Map<string, StoredRow>> => {
    if (names.length === 0) return new Map();
    const { rows } = await session.query<StoredRow>(table.find, [context.tenantId, [...new Set(names)]]);
    return new Map(rows.map((row) => [row.name, row]));
  };
  return {
    accounts: await find(
      accountTable,
      accounts.map(({ name }) => name),
    ),
    categories: await find(categoryTable, categories),
    projects: await find(projectTable, projects),
    made: [],
  };
}

/** Level by level, as what is made needs the id of what it is made beneath. What would be too deep goes to the top. */
async function ensurePaths(
  session: Session,
  context: TenantContext,
  paths: readonly (readonly string[])[],
  made: MadeReference[],
): Promise<void> {
  if (!paths.some((path) => path.length > 1)) return;
  await lockTree(session);
  const ids = new Map<string, string>();
  const depth = Math.max(...paths.map((path) => path.length));
  for (let level = 0; level < depth; level++) {
    const parents = new Map(
      paths.flatMap((path) => (path.length > level ? [[path[level] ?? '', path[level - 1]] as const] : [])),
    );
    const above = await readPaths(
      session,
      [...parents.values()].flatMap((name) => (name === undefined ? [] : (ids.get(name) ?? []))),
    );
    const wanted = [...parents].map(([name, parent]) => {
      const parentId = parent === undefined ? undefined : ids.get(parent);
      const parentPath = parentId === undefined ? [] : (above.get(parentId) ?? []);
      const isPlaceable = parentPath.length > 0 && parentPath.length < categoryDepthMax;
      return { name, parent_id: isPlaceable ? parentId : undefined, parent_path: isPlaceable ? parentPath : [] };
    });
    const found = await ensureRows(session, context, categoryTable, wanted, made);
    for (const { id, name } of found.values()) ids.set(name, id);
  }
}

const toRows = (names: readonly string[] = []) => names.map((name) => ({ name }));

interface StoredRow extends FoundReference {
  kind: string;
  currency: string;
  version: bigint;
  created_at: Date;
  parent_id?: string | null;
  parent_path?: readonly string[];
}

interface ReferenceTable {
  find: { name: string; text: string };
  insert: { name: string; text: string };
  entity: 'category' | 'project' | 'account';
  event: (context: TenantContext, row: StoredRow) => OutgoingEvent;
  after: (row: StoredRow) => unknown;
}

/** Adds to `allMade` what it makes. */
async function ensureRows(
  session: Session,
  context: TenantContext,
  table: ReferenceTable,
  wanted: readonly { name: string }[],
  allMade: MadeReference[],
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
  const { rows: inserted } = await session.query<StoredRow>(table.insert, [context.tenantId, JSON.stringify(rows)]);
  const made = inserted.map((row) => ({ ...byName.get(row.name), ...row }));
  allMade.push(...inserted.map(({ id }) => ({ kind: table.entity, id })));
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

const described = ({ id, name, version, created_at }: StoredRow) => ({
  ...{ id, name, version, createdAt: created_at, description: '', archivedAt: undefined },
});
const describedCategory = (row: StoredRow) => {
  const path = [...(row.parent_path ?? []), row.name];
  return { ...described(row), parentId: row.parent_id ?? '', path, depth: path.length };
};
const describedProject = (row: StoredRow) => ({ ...described(row), code: '' });
const describedAccount = (row: StoredRow) => ({
  ...{ ...described(row), kind: row.kind, currency: row.currency, openingBalance: undefined },
});
const about = (context: TenantContext, row: StoredRow) => ({
  tenantId: context.tenantId,
  subject: row.id,
  aggregateVersion: row.version,
});

// Locked, so that what was found is not deleted before it is referred to. Names are what files and people write: two that differ in letter case are two, as are the cost centres they stand for.
const findStatement = (table: string, columns = '') => ({
  name: `find_${table}`,
  text: `
select ${table}.id, ${table}.name, ${table}.version, ${table}.created_at ${columns}
from ${table}
where ${table}.tenant_id = $1 and ${table}.name = any ($2::text[]) and ${table}.archived_at is null
for key share`,
});

const insertStatement = (table: string) => ({
  name: `ensure_${table}`,
  text: `
insert into ${table} (tenant_id, id, name)
select distinct on (row.name) $1::uuid, row.id, row.name
from json_to_recordset($2::json) as row (id uuid, name text)
order by row.name
on conflict (tenant_id, name) where archived_at is null do nothing
returning id, name, version, created_at`,
});

const categoryTable: ReferenceTable = {
  find: findStatement('categories'),
  insert: {
    name: 'ensure_categories',
    text: `
insert into categories (tenant_id, id, name, parent_id)
select distinct on (row.name) $1::uuid, row.id, row.name, row.parent_id
from json_to_recordset($2::json) as row (id uuid, name text, parent_id uuid)
order by row.name
on conflict (tenant_id, name) where archived_at is null do nothing
returning id, name, parent_id, version, created_at`,
  },
  entity: 'category',
  event: (context, row) => ({
    ...about(context, row),
    type: 'outlay.ledger.category.created.v1',
    data: { category: describedCategory(row) },
  }),
  after: (row) => ledger.Category.toJSON(describedCategory(row)),
};

const projectTable: ReferenceTable = {
  find: findStatement('projects'),
  insert: insertStatement('projects'),
  entity: 'project',
  event: (context, row) => ({
    ...about(context, row),
    type: 'outlay.ledger.project.created.v1',
    data: { project: describedProject(row) },
  }),
  after: (row) => ledger.Project.toJSON(describedProject(row)),
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
on conflict (tenant_id, name) where archived_at is null do nothing
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
