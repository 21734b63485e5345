import type { ledger } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import { listed, listValues, type NamedPage, type Page, type ReferenceFilter, toPage } from './reference-rows.ts';

interface CategoryRow {
  id: string;
  name: string;
  version: bigint;
  created_at: Date;
  parent_id: string | null;
  description: string;
  archived_at: Date | null;
  path: string[];
}

const columns = `
  category.id, category.name, category.version, category.created_at, category.parent_id, category.description,
  category.archived_at`;

// The way up from a row aliased `category`: a lookup for each category above it, of which there are seven at most.
const path = `
cross join lateral (
  with recursive above as (
    select category.name, category.parent_id, 1 as height
    union all
    select parent.name, parent.parent_id, above.height + 1
    from above
    join categories as parent on parent.tenant_id = $1 and parent.id = above.parent_id
    where above.height < 64
  )
  select array_agg(above.name order by above.height desc) as path from above
) as place`;

const toCategory = (row: CategoryRow): ledger.Category => ({
  id: row.id,
  name: row.name,
  version: row.version,
  createdAt: row.created_at,
  parentId: row.parent_id ?? '',
  description: row.description,
  archivedAt: row.archived_at ?? undefined,
  path: row.path,
  depth: row.path.length,
});

/** One category, archived or not. */
export async function findCategory(session: Session, categoryId: string): Promise<ledger.Category | undefined> {
  const { rows } = await session.query<CategoryRow>(findStatement, [session.tenantId, categoryId]);
  return rows[0] && toCategory(rows[0]);
}

/**
 * A category that nobody else can change until the transaction ends. It is read by a statement of its
 * own, after the lock: one that waited for a lock sees the row as it is now, but those above it as they were before.
 */
export async function lockCategory(session: Session, categoryId: string): Promise<ledger.Category | undefined> {
  const locked = await session.query(lockStatement, [session.tenantId, categoryId]);
  return locked.rowCount === 0 ? undefined : findCategory(session, categoryId);
}

export async function listCategories(
  session: Session,
  filter: ReferenceFilter & { parentId: string | 'none' | undefined },
  page: NamedPage,
): Promise<Page<ledger.Category>> {
  const { parentId } = filter;
  const { rows } = await session.query<CategoryRow>(listStatement, [
    session.tenantId,
    ...listValues(filter, page),
    parentId === 'none',
    parentId === 'none' ? null : (parentId ?? null),
  ]);
  return toPage(rows.map(toCategory), page);
}

/** Inserts a category; undefined where its name is taken. */
export async function insertCategory(
  session: Session,
  category: { id: string; name: string; parentId: string | undefined; description: string },
): Promise<ledger.Category | undefined> {
  const { rowCount } = await session.query(insertStatement, [
    session.tenantId,
    category.id,
    category.name,
    category.parentId ?? null,
    category.description,
  ]);
  return rowCount === 0 ? undefined : findCategory(session, category.id);
}

/** Stores what a locked category is to be, as its next version. Its place in the tree has been checked. */
export async function updateCategory(
  session: Session,
  category: { id: string; name: string; parentId: string | undefined; description: string; isArchived: boolean },
): Promise<ledger.Category> {
  await session.query(updateStatement, [
    session.tenantId,
    category.id,
    category.name,
    category.parentId ?? null,
    category.description,
    category.isArchived,
  ]);
  const stored = await findCategory(session, category.id);
  if (stored === undefined) throw new Error('A locked category is gone');
  return stored;
}

const findStatement = {
  name: 'find_category',
  text: `
select ${columns}, place.path
from categories as category
${path}
where category.tenant_id = $1 and category.id = $2`,
};

const lockStatement = {
  name: 'lock_category',
  text: 'select category.id from categories as category where category.tenant_id = $1 and category.id = $2 for no key update',
};

const listStatement = {
  name: 'list_categories',
  text: `
select ${columns}, place.path
from (
  select category.tenant_id, ${columns}
  from categories as category
  ${listed('category')}
    and (not $7::boolean or category.parent_id is null)
    and ($8::uuid is null or category.parent_id = $8)
  order by category.name, category.id
  limit $4
) as category
${path}
order by category.name, category.id`,
};

const insertStatement = {
  name: 'insert_category',
  text: `
insert into categories (tenant_id, id, name, parent_id, description)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, name) where archived_at is null do nothing`,
};

const updateStatement = {
  name: 'update_category',
  text: `
update categories as category
set name = $3, parent_id = $4, description = $5,
  archived_at = case when $6 then coalesce(category.archived_at, now()) end, version = category.version + 1
where category.tenant_id = $1 and category.id = $2`,
};
