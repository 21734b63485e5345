import { withinCategories } from './category-descendants.ts';
import { type ExpenseFilter, filterParts, type Parameter, statusesOf } from './expense-filter.ts';

/** The beginning of a statement that reads all expenses of a filter, and the condition on an expense named `expense`. */
export function matchingExpenses(
  filter: ExpenseFilter,
  tenantId: string,
  parameter: Parameter,
): { steps: string; condition: string } {
  const tenant = parameter(tenantId);
  const hasCategories = filter.categories !== undefined && filter.categories.ids.length > 0;
  const tree = hasCategories ? `, ${withinCategories(parameter(filter.categories?.ids))}` : '';
  const conditions = [
    `expense.tenant_id = ${tenant}::uuid`,
    `expense.status in (${statusesOf(filter)
      .map((status) => `'${status}'`)
      .join(', ')})`,
    ...filterParts(filter).map(({ sql }) => sql(parameter)),
  ];
  return {
    steps: `with ${hasCategories ? 'recursive ' : ''}scope as materialized (select ${tenant}::uuid as tenant_id)${tree}`,
    condition: conditions.join('\n  and '),
  };
}
