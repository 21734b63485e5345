import type { Session } from '@outlay/platform';

/** Which tags are wanted. */
export interface TagFilter {
  /** What their names begin with, whatever its case. */
  prefix: string | undefined;
  /** Whose expenses count; undefined: everybody's. */
  userId: string | undefined;
}

export interface TagCount {
  name: string;
  expenseCount: bigint;
}

/**
 * The next tags by name, each with how many posted expenses have it. What was counted and what is still to be added are of
 * one snapshot, so the counts are those of the moment.
 *
 * It costs what the tenant has of tags and people who use them, whatever the number of expenses.
 */
export async function readTags(
  session: Session,
  { prefix, userId }: TagFilter,
  { after, count }: { after: string | undefined; count: number },
): Promise<TagCount[]> {
  const { rows } = await session.query<TagCount>(listStatement, [
    session.tenantId,
    after ?? '',
    userId ?? null,
    prefix === undefined ? null : `${prefix.replace(/[\\%_]/g, '\\$&')}%`,
    count,
  ]);
  return rows;
}

/** Whether more changes wait to be added up than readers should have to. */
export async function areChangesMany(session: Session): Promise<boolean> {
  const { rows } = await session.query(manyStatement, [session.tenantId, readersShare]);
  return rows.length > 0;
}

/** What readers add up themselves without anybody noticing. */
const readersShare = 1_000;

/** Adds the next changes to the counts. Answers how many there were. */
export async function addUpChanges(session: Session, limit: number): Promise<number> {
  const { rows } = await session.query<{ taken: number }>(addUpStatement, [session.tenantId, limit]);
  await session.query(forgetStatement, [session.tenantId]);
  return rows[0]?.taken ?? 0;
}

/** The tenants whose counts have changed. */
export async function findChangedTenants(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ tenant_id: string }>(tenantsStatement);
  return rows.map((row) => row.tenant_id);
}

const wanted = (table: string): string => `
  where ${table}.tenant_id = $1 and ${table}.tag > $2 and ($3::uuid is null or ${table}.user_id = $3)
    and ($4::text is null or ${table}.tag ilike $4)`;

const listStatement = {
  name: 'list_tags',
  text: `
select part.tag as name, sum(part.number)::bigint as "expenseCount"
from (
  select tag_counts.tag, tag_counts.expense_count as number from tag_counts ${wanted('tag_counts')}
  union all
  select tag_changes.tag, tag_changes.delta from tag_changes ${wanted('tag_changes')}
) as part
group by part.tag
having sum(part.number) > 0
order by part.tag
limit $5`,
};

const manyStatement = {
  name: 'are_tag_changes_many',
  text: 'select tag_changes.id from tag_changes where tag_changes.tenant_id = $1 offset $2 limit 1',
};

// Two who do this at once take different changes, and the counts in one order.
const addUpStatement = {
  name: 'add_up_tag_changes',
  text: `
with taken as (
  delete from tag_changes
  where tag_changes.tenant_id = $1 and tag_changes.id in (
    select next.id from tag_changes as next
    where next.tenant_id = $1
    order by next.id
    limit $2
    for update skip locked
  )
  returning tag_changes.user_id, tag_changes.tag, tag_changes.delta
), added as (
  insert into tag_counts (tenant_id, tag, user_id, expense_count)
  select $1::uuid, taken.tag, taken.user_id, sum(taken.delta)
  from taken
  group by taken.tag, taken.user_id
  order by taken.tag, taken.user_id
  on conflict (tenant_id, tag, user_id) do update
  set expense_count = tag_counts.expense_count + excluded.expense_count
)
select count(*)::int as taken from taken`,
};

const forgetStatement = {
  name: 'forget_unused_tags',
  text: 'delete from tag_counts where tag_counts.tenant_id = $1 and tag_counts.expense_count = 0',
};

// From tenant to tenant along the primary key.
const tenantsStatement = {
  name: 'find_tenants_with_tag_changes',
  text: `
with recursive tenant as (
  (select tag_changes.tenant_id from tag_changes order by tag_changes.tenant_id limit 1)
  union all
  select (
    select tag_changes.tenant_id from tag_changes
    where tag_changes.tenant_id > tenant.tenant_id
    order by tag_changes.tenant_id
    limit 1
  )
  from tenant
  where tenant.tenant_id is not null
)
select tenant.tenant_id from tenant where tenant.tenant_id is not null`,
};
