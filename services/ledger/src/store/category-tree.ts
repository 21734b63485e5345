import type { Session } from '@outlay/platform';

/**
 * Waits until nobody else changes the tenant's tree of categories, and keeps it so until the transaction ends. What a
 * change relies on (who is above whom, who is archived) is read by statements after this one, so that two moves at once
 * cannot together make a circle that neither makes alone.
 */
export async function lockTree(session: Session): Promise<void> {
  await session.query(lockStatement, [session.tenantId]);
}

/** A category with all above it. */
export interface Ancestry {
  /** Of the category itself; 1 at the top. */
  depth: number;
  isArchived: boolean;
  /** The category and those above it. */
  ids: string[];
}

/** The way from a category to the top; undefined where there is no such category. */
export async function readAncestry(session: Session, categoryId: string): Promise<Ancestry | undefined> {
  const { rows } = await session.query<{ is_archived: boolean | null; ids: string[] | null }>(ancestryStatement, [
    session.tenantId,
    categoryId,
  ]);
  const { ids, is_archived: isArchived } = rows[0] ?? {};
  return ids ? { depth: ids.length, isArchived: isArchived === true, ids } : undefined;
}

/** The names from the top down to each category, by its id. */
export async function readPaths(
  session: Session,
  categoryIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (categoryIds.length === 0) return new Map();
  const { rows } = await session.query<{ id: string; path: string[] }>(pathsStatement, [session.tenantId, categoryIds]);
  return new Map(rows.map(({ id, path }) => [id, path]));
}

/** How deep the tree beneath a category goes, itself included: 1 where there is nothing beneath it. */
export async function readHeight(session: Session, categoryId: string): Promise<number> {
  const { rows } = await session.query<{ height: number }>(heightStatement, [session.tenantId, categoryId]);
  return rows[0]?.height ?? 1;
}

/** Whether something is directly beneath a category that is not archived. */
export async function hasActiveChildren(session: Session, categoryId: string): Promise<boolean> {
  const { rows } = await session.query(childrenStatement, [session.tenantId, categoryId]);
  return rows.length > 0;
}

const lockStatement = {
  name: 'lock_category_tree',
  text: "select pg_advisory_xact_lock(hashtextextended('category tree of ' || $1::text, 0))",
};

const ancestryStatement = {
  name: 'read_category_ancestry',
  text: `
with recursive above as (
  select category.id, category.parent_id, category.archived_at, 1 as height
  from categories as category
  where category.tenant_id = $1 and category.id = $2
  union all
  select parent.id, parent.parent_id, parent.archived_at, above.height + 1
  from above
  join categories as parent on parent.tenant_id = $1 and parent.id = above.parent_id
  where above.height < 64
)
select array_agg(above.id) as ids, bool_or(above.height = 1 and above.archived_at is not null) as is_archived
from above`,
};

const pathsStatement = {
  name: 'read_category_paths',
  text: `
with recursive above as (
  select category.id, category.parent_id, array[category.name] as path
  from categories as category
  where category.tenant_id = $1 and category.id = any ($2::uuid[])
  union all
  select above.id, parent.parent_id, parent.name || above.path
  from above
  join categories as parent on parent.tenant_id = $1 and parent.id = above.parent_id
  where cardinality(above.path) < 64
)
select above.id, above.path from above where above.parent_id is null`,
};

const heightStatement = {
  name: 'read_category_height',
  text: `
with recursive beneath as (
  select $2::uuid as id, 1 as height
  union all
  select child.id, beneath.height + 1
  from beneath
  join categories as child on child.tenant_id = $1 and child.parent_id = beneath.id
  where beneath.height < 64
)
select max(beneath.height) as height from beneath`,
};

const childrenStatement = {
  name: 'find_active_children',
  text: `
select category.id
from categories as category
where category.tenant_id = $1 and category.parent_id = $2 and category.archived_at is null
limit 1`,
};
