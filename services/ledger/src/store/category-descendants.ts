/** How many categories can stand above one another, the topmost included. */
export const categoryDepthMax = 8;

/**
 * A step of a statement, to stand behind `scope`, that answers the ids of the categories in parameter `ids` (uuid[]) and
 * of all beneath them, archived ones too: one lookup by (tenant, parent) for each. It needs `with recursive`. To be
 * read as `expense.category_id = any (array(select within_categories.id from within_categories))`, which is evaluated once.
 *
 * No category is followed twice, so that not even a circle made behind the service's back would have no end.
 */
export const withinCategories = (ids: string): string => `within_categories as (
  select top.id
  from scope
  cross join lateral (
    select categories.id from categories
    where categories.tenant_id = scope.tenant_id and categories.id = any (${ids}::uuid[]) offset 0
  ) as top
  union
  select child.id
  from within_categories
  cross join scope
  cross join lateral (
    select categories.id from categories
    where categories.tenant_id = scope.tenant_id and categories.parent_id = within_categories.id offset 0
  ) as child
)`;
