import type { Session, TenantContext } from '@outlay/platform';
import { tellOfReference } from '../application/tell-of-reference.ts';
import { lockAccount, toAccountMessage, updateAccount } from '../store/accounts.ts';
import { lockCategory, updateCategory } from '../store/categories.ts';
import { lockTree } from '../store/category-tree.ts';
import { lockProject, updateProject } from '../store/projects.ts';

/**
 * Archives some of what an import has made, what stands beneath something before that, in so far as it is as it was made,
 * no expense in the books and no category refers to it, and no import under way names it. Answers how many it archived; undefined: there is no more.
 * Emits outlay.ledger.account|category|project.archived.v1 for each.
 */
export async function removeMade(
  session: Session,
  context: TenantContext,
  importId: string,
  countMax: number,
): Promise<number | undefined> {
  let removed = 0;
  // In the order in which references are made, so that the two never wait for each other.
  for (const kind of ['account', 'category', 'project'] as const) {
    const { rows } = await session.query<{ reference_id: string }>(takeStatement, [
      ...[context.tenantId, importId, kind, countMax],
    ]);
    if (rows.length === 0) continue;
    if (kind === 'category') await lockTree(session);
    // Nobody notes these names from here on, so what no import names now none does when it is archived.
    else await session.query(holdStatement, [context.tenantId]);
    for (const { reference_id: id } of rows) {
      const { rowCount } = await session.query(unusedStatements[kind], [context.tenantId, id]);
      if (rowCount === 0) continue;
      await archive[kind](session, context, id);
      removed++;
    }
    return removed;
  }
  return undefined;
}

const archive = {
  account: async (session: Session, context: TenantContext, id: string): Promise<void> => {
    const stored = await lockAccount(session, id);
    if (!stored) return;
    const after = toAccountMessage(await updateAccount(session, { ...stored, isArchived: true }));
    await tellOfReference(session, context, 'account', 'archived', { before: toAccountMessage(stored), after });
  },
  category: async (session: Session, context: TenantContext, id: string): Promise<void> => {
    const before = await lockCategory(session, id);
    if (!before) return;
    const wanted = { ...before, parentId: before.parentId || undefined, isArchived: true };
    const after = await updateCategory(session, wanted);
    await tellOfReference(session, context, 'category', 'archived', { before, after });
  },
  project: async (session: Session, context: TenantContext, id: string): Promise<void> => {
    const before = await lockProject(session, id);
    if (!before) return;
    const after = await updateProject(session, { ...before, isArchived: true });
    await tellOfReference(session, context, 'project', 'archived', { before, after });
  },
};

const takeStatement = {
  name: 'take_made_by_import',
  text: `
with last as (
  select import_made.position from import_made
  where import_made.tenant_id = $1 and import_made.import_id = $2 and import_made.kind = $3
  order by import_made.position desc
  limit $4
), taken as (
  delete from import_made
  using last
  where import_made.tenant_id = $1 and import_made.import_id = $2 and import_made.kind = $3
    and import_made.position = last.position
  returning import_made.reference_id, import_made.position
)
select taken.reference_id from taken order by taken.position desc`,
};

const holdStatement = { name: 'hold_names', text: 'select pg_advisory_xact_lock_shared(names_lock($1))' };

// Changed since, it is somebody's. Locked, so that it stays as it was seen.
const unusedStatement = (table: 'accounts' | 'categories' | 'projects', column: string, isFree = '') => ({
  name: `find_unused_of_${table}`,
  text: `
select ${table}.id from ${table}
where ${table}.tenant_id = $1 and ${table}.id = $2 and ${table}.archived_at is null and ${table}.version = 1
  and not exists (
    select from expenses
    where expenses.tenant_id = $1 and expenses.${column} = $2 and expenses.status = 'posted'
  )${isFree}
for no key update`,
});

const notNamed = (column: 'account_id' | 'project_id') => `
  and not exists (
    select from import_names as names where names.tenant_id = $1 and names.${column} = $2
  )`;

const unusedStatements = {
  account: unusedStatement('accounts', 'account_id', notNamed('account_id')),
  category: unusedStatement(
    'categories',
    'category_id',
    `
  and not exists (
    select from categories as child
    where child.tenant_id = $1 and child.parent_id = $2 and child.archived_at is null
  )`,
  ),
  project: unusedStatement('projects', 'project_id', notNamed('project_id')),
};
