import { isUuid, type NamedStatement } from '@outlay/platform';
import { withinCategories } from './category-descendants.ts';
import {
  type ExpenseFilter,
  type FilterPart,
  filterParts,
  type Parameter,
  type Path,
  statusesOf,
} from './expense-filter.ts';
import type { ExpenseOrder } from './expense-order.ts';
import { type ExpenseRow, expenseColumns, referenceColumns, referenceJoins } from './expense-row.ts';
import { isTermPath, rarestTerm, type TermPath, termGroupsOf, termsOfRarest } from './expense-terms.ts';
import { areMergeable, listsToMerge, mergedTerms } from './merged-terms.ts';

/** Where a page begins: after the expense at this place in the order. `key` is what it is ordered by, as text. */
export interface ExpensePosition {
  key: string;
  id: string;
}

export interface ListedRow extends ExpenseRow {
  sort_key: string;
}

export interface WantedPage {
  filter: ExpenseFilter;
  order: ExpenseOrder;
  after: ExpensePosition | undefined;
  count: number;
}

/** Where one way of finding a page is given up for another. */
export interface ListLimits {
  /** How many expenses are looked at in the order of the list before those that match are found by an index and sorted. */
  lookedAt: number;
  /** Of how many terms the expenses are gathered where another index leads to what is wanted. */
  terms: number;
  /** And where none does, so that lists of terms would be merged or the order followed to its end. */
  termsAlone: number;
  /** How much of an order that has what is wanted must lie ahead for merging lists to be less work. */
  ahead: number;
}

/**
 * A filter that lets through one in a hundred has filled a page within 5,000; of one that lets through fewer, what is gathered
 * is at most a hundredth of all.
 */
const usualLimits: ListLimits = { lookedAt: 5_000, terms: 20_000, termsAlone: 100_000, ahead: 50_000 };

/**
 * The statement that reads up to `count` expenses of a filter in an order: one round trip by `database.once`, answering
 * ListedRows. It takes the shape whose cost is what the page shows, or as near as can be:
 *
 * - `along`: an index that has the order, for the value that is wanted or for all. The usual one.
 * - `merge`: the same for each of several values (categories, statuses), whose first pages are merged.
 * - `seek`: where the order has no index for the filter (words; the dearest expenses of a project), the first 5,000 in the order are
 *   looked at, and only if they do not fill the page, all that match are gathered by the index of the filter and sorted.
 *   Of words and tags the one that the fewest expenses have leads to them; where all of them have many, another index of the
 *   filter does, or the lists of two of them, merged, or the whole of the order: each expense is looked at once at most.
 *
 * The text holds only the conditions that are wanted, each alternative being a statement of its own with its own plan:
 * `$n is null or ...` for all of them would make one plan that can use no index but the first.
 *
 * Measured with 1,000,000 expenses in one tenant: 1 to 13 ms; the README has the figures by filter and order, and what is slower.
 */
export function listExpensesStatement(
  tenantId: string,
  wanted: WantedPage,
  limits = usualLimits,
): { statement: NamedStatement; values: unknown[] } {
  const values: unknown[] = [tenantId, wanted.count];
  const parts = filterParts(wanted.filter);
  const name = nameOf(wanted, parts);
  // Plans are made for any value (ADR 5), but what is planned anew each time may as well know whether somebody has few expenses.
  const parameter: Parameter = (value, kind) =>
    name === '' && kind === 'id' && isUuid(String(value)) ? `'${value}'::uuid` : `$${values.push(value)}`;
  const plan = choosePlan(parts, wanted);
  const writer = createWriter(wanted, parts, { limits, parameter });
  const text = writer[plan.shape](plan);
  return { statement: { name, text }, values };
}

/**
 * Lists of few kinds have names, by which a session keeps their statements: a third of a megabyte each and more. The
 * thousands of rare combinations, which somebody could ask for one after the other, go without and are planned anew.
 */
function nameOf({ filter, order, after }: WantedPage, parts: readonly FilterPart[]): string {
  const isUsual = order.column === 'expense_date' && order.direction === 'desc' && filter.status === 'posted';
  const names = parts.map(({ name }) => name);
  const isPlain = names.length < 2 || names.join() === 'from,to';
  // Each number of words and tags is a statement of its own.
  const hasManyTerms = [filter.words, filter.tags].some((terms) => terms !== undefined && terms.length !== 1);
  if (!isUsual || !isPlain || hasManyTerms) return '';
  return ['list_expenses', ...names, ...(after ? ['after'] : [])].join('_');
}

type Shape = 'along' | 'merge' | 'seek';

interface Plan {
  shape: Shape;
  /** The index that is followed in order; undefined: that of the order alone. */
  along: Path | undefined;
  /** The words and tags by which those that match are gathered, if one of them has few. */
  terms: readonly TermPath[];
  /** Whether another index leads to those that match, by which they are gathered. */
  isGathered: boolean;
  /** Whether the lists of several words and tags may be merged, all of which many expenses have. */
  isMerged: boolean;
}

function choosePlan(parts: readonly FilterPart[], { filter, order }: WantedPage): Plan {
  const paths = parts.map(({ path }) => path);
  const isByDate = order.column === 'expense_date';
  const inOrder = isByDate ? pathInOrder(paths) : undefined;
  const along = inOrder?.kind === 'equal' ? inOrder : undefined;
  const hasWords = paths.some(({ kind }) => kind === 'words');
  const terms = hasWords || inOrder === undefined ? paths.filter(isTermPath) : [];
  const isGathered = along === undefined && paths.some((path) => !isTermPath(path) && isGatherable(path, order));
  if (terms.length > 0 || (inOrder === undefined && isGathered)) {
    const isMerged = !isGathered && termGroupsOf(terms).length > 1;
    return { shape: 'seek', along, terms, isGathered, isMerged };
  }
  const isOne = statusesOf(filter).length === 1 && (inOrder === undefined || along !== undefined);
  return { shape: isOne ? 'along' : 'merge', along: inOrder, terms, isGathered: false, isMerged: false };
}

/** The index whose order is that of the dates. That of a tag is one only where all it leads to is wanted. */
function pathInOrder(paths: readonly Path[]): Path | undefined {
  const equal = paths.find(({ kind }) => kind === 'equal');
  if (equal) return equal;
  const tags = paths.find(({ kind }) => kind === 'tags');
  if (!tags) return paths.find(({ kind }) => kind === 'several');
  const isAlone = paths.every((path) => path === tags || (path.kind === 'range' && path.column === 'expense_date'));
  return isAlone && tags.kind === 'tags' && tags.tags.length === 1 ? tags : undefined;
}

/** A bound on what the list is ordered by is kept by following the order. */
const isGatherable = (path: Path, { column }: ExpenseOrder): boolean =>
  path.kind !== 'none' && !(path.kind === 'range' && path.column === column);

/** Writes the statements of one wanted page. */
function createWriter(
  { filter, order, after }: WantedPage,
  parts: readonly FilterPart[],
  { limits, parameter }: { limits: ListLimits; parameter: Parameter },
): Record<Shape, (plan: Plan) => string> {
  const { column, type, direction } = order;
  const operator = direction === 'asc' ? '>' : '<';
  const position = after && `(${parameter(after.key)}::${type}, ${parameter(after.id)}::uuid)`;
  const statuses = statusesOf(filter);
  const all = parts.map(({ sql }) => sql(parameter));
  const matching = (conditions: readonly string[]) =>
    conditions.map((condition) => `\n      and ${condition}`).join('');
  const behind = (key: string, id: string) => (position ? `\n      and (${key}, ${id}) ${operator} ${position}` : '');
  const cursor = behind(`expense.${column}`, 'expense.id');
  const ordered = (key: string, id: string, limit: string) =>
    `order by ${key} ${direction}, ${id} ${direction}\n    limit ${limit}`;
  const idAndKey = `expense.id, expense.${column} as key`;

  /** Expenses of one status in order. A status the planner does not know keeps it from the indices of the order alone. */
  const walk = (
    status: string,
    given: { path: Path | undefined; columns?: string; conditions: readonly string[]; limit?: string },
  ) => `
    select ${given.columns ?? idAndKey}
    from expenses as expense
    where expense.tenant_id = scope.tenant_id
      and expense.status = ${given.path ? `scope.${status}` : `'${status}'`}${matching(given.conditions)}${cursor}
    ${ordered(`expense.${column}`, 'expense.id', given.limit ?? '$2')}`;

  /** As walk, along the terms of a tag, or along the index of each of several values. */
  const walkPath = (status: string, path: Path | undefined) => {
    if (path?.kind === 'several') {
      const conditions = [`expense.${path.column} = value.id`, ...all];
      return `
    select found.id, found.key
    from unnest(${path.source(parameter)}) as value (id)
    cross join lateral (${walk(status, { path, conditions })}
    ) as found
    ${ordered('found.key', 'found.id', '$2')}`;
    }
    if (path?.kind !== 'tags') return walk(status, { path, conditions: all });
    return `
    select found.id, term.expense_date as key
    from expense_terms as term
    cross join lateral (
      select expense.id from expenses as expense
      where expense.tenant_id = term.tenant_id and expense.id = term.expense_id${matching(all)}
      offset 0
    ) as found
    where term.tenant_id = scope.tenant_id and term.term = ${parameter(`t${path.tags[0]}`)}
      and term.is_posted = ${status === 'posted'}${datesOf(filter, parameter)}${behind('term.expense_date', 'term.expense_id')}
    ${ordered('term.expense_date', 'term.expense_id', '$2')}`;
  };

  /** The first of all that match, which are gathered along whichever index leads to them, and sorted. */
  const gathered = () => {
    // One read for each status, as the indices of the orders have one each.
    const reads = statuses.map(
      (status) => `
      select ${idAndKey}
      from expenses as expense
      where expense.tenant_id = scope.tenant_id and expense.status = '${status}'${matching(all)}${cursor}`,
    );
    return `
    select found.id, found.key
    from (${reads.join(' union all ')}
      offset 0
    ) as found
    ${ordered('found.key', 'found.id', '$2')}`;
  };

  /** The same, along the terms of the rarest of the words and tags. */
  const gatheredByTerm = () => {
    const statusIn = `expense.status in (${statuses.map((one) => `'${one}'`).join(', ')})`;
    const isPosted = statuses.length === 1 ? ` and term.is_posted = ${statuses[0] === 'posted'}` : '';
    // By date the terms are sorted, and no more expenses are looked up than are shown.
    const isByDate = column === 'expense_date';
    const key = isByDate ? 'candidate.expense_date' : 'expense.key';
    const id = isByDate ? 'candidate.expense_id' : 'expense.id';
    const sorted = isByDate ? `order by wanted.expense_date ${direction}, wanted.expense_id ${direction}` : 'offset 0';
    return `
    select expense.id
    from (
      select distinct wanted.expense_date, wanted.expense_id
      from (${termsOfRarest(`${isPosted}${datesOf(filter, parameter)}`)}
      ) as wanted
      ${sorted}
    ) as candidate
    cross join lateral (
      select ${idAndKey} from expenses as expense
      where expense.tenant_id = scope.tenant_id and expense.id = candidate.expense_id and ${statusIn}${matching(all)}${cursor}
      offset 0
    ) as expense
    ${ordered(key, id, '$2')}`;
  };

  /** By date in order, else as many as can be looked up, and one more. */
  const mergedInOrder = () => {
    const isByDate = column === 'expense_date';
    const after = isByDate ? behind('term.expense_date', 'term.expense_id') : '';
    const source = mergedTerms(direction, { statuses, condition: `${datesOf(filter, parameter)}${after}` });
    return isByDate ? source : `${source}\n      limit ${limits.termsAlone + 1}`;
  };

  /** The same, of those that have all of the words and tags whose lists are merged. */
  const gatheredByMerging = (source: string) => {
    const [key, id] =
      column === 'expense_date' ? ['candidate.expense_date', 'candidate.expense_id'] : ['expense.key', 'expense.id'];
    return `
    select expense.id
    from (${source}
    ) as candidate
    cross join lateral (
      select ${idAndKey} from expenses as expense
      where expense.tenant_id = scope.tenant_id and expense.id = candidate.expense_id${matching(all)}${cursor}
      offset 0
    ) as expense
    ${ordered(key, id, '$2')}`;
  };

  const hasCategories = filter.categories !== undefined && filter.categories.ids.length > 0;
  const scope = `
with recursive scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id, 'posted' as posted, 'reversed' as reversed
)${hasCategories ? `, ${withinCategories(parameter(filter.categories?.ids))}` : ''}`;

  const described = (source: string) => `
select ${expenseColumns}, ${referenceColumns}, ${order.toText(`expense.${column}`)} as sort_key
from ${source}
${referenceJoins}
order by expense.${column} ${direction}, expense.id ${direction}`;

  /** The expenses of a page of which the ids are known. */
  const lookedUp = described(`page
cross join lateral (
  select expense.tenant_id, ${expenseColumns} from expenses as expense
  where expense.tenant_id = page.tenant_id and expense.id = page.id offset 0
) as expense`);

  /** What several reads in the same order come to, up to a limit. */
  const merged = (reads: readonly string[], columns: string, limit: string) =>
    reads.length === 1
      ? (reads[0] ?? '')
      : `
    select ${columns}
    from (${reads.map((read) => `(${read})`).join(' union all ')}) as branch
    ${ordered('branch.key', 'branch.id', limit)}`;

  /** The steps, the source and the condition of merging, where those of a path that keep some conditions could be followed. */
  const mergingOf = (along: Path | undefined, kept: readonly string[]) => {
    const ahead = statuses.map((status) => {
      const far = walk(status, { path: along, conditions: kept, limit: `1 offset ${limits.ahead}` });
      return `exists (
      select from scope
      cross join lateral (${far}
      ) as found
    )`;
    });
    // The order of all needs no look: each of the words has many expenses.
    const isFar = kept.length === 0 ? areMergeable : `(${ahead.join(' or ')}) and ${areMergeable}`;
    if (column === 'expense_date') {
      return { steps: `, ${listsToMerge}`, source: gatheredByMerging(mergedInOrder()), condition: `(${isFar})` };
    }
    const steps = `, ${listsToMerge}, met as materialized (
  select candidate.expense_id
  from scope
  cross join lateral (${mergedInOrder()}
  ) as candidate
)`;
    const source = gatheredByMerging('select met.expense_id from met');
    return { steps, source, condition: `(${isFar} and (select count(*) from met) <= ${limits.termsAlone})` };
  };

  return {
    along: ({ along }) => {
      const columns = `expense.tenant_id, ${expenseColumns}`;
      const [status = 'posted'] = statuses;
      return `${scope}${described(`scope
cross join lateral (${walk(status, { path: along, columns, conditions: all })}
) as expense`)}`;
    },
    merge: ({ along }) => `${scope}, page as materialized (
  select scope.tenant_id, found.id
  from scope
  cross join lateral (${merged(
    statuses.map((status) => walkPath(status, along)),
    'branch.id, branch.key',
    '$2',
  )}
  ) as found
)${lookedUp}`,
    seek: ({ along, terms, isGathered, isMerged }) => {
      const columns = `${idAndKey}, (${all.join(' and ')}) as is_match`;
      // What is not known to hold on the way is looked at expense by expense.
      const conditions = all.filter((_, index) => isKeptBy(parts[index]?.path, along, column));
      const limit = String(limits.lookedAt);
      const walks = statuses.map((status) => walk(status, { path: along, columns, conditions, limit }));
      const far = (source: string, condition = '') => `
  union all
  (
    select scope.tenant_id, found.id
    from scope
    cross join lateral (${source}
    ) as found
    where (select count(*) from near) < $2${condition}
  )`;
      const inOrder = () =>
        merged(
          statuses.map((status) => walkPath(status, along)),
          'branch.id, branch.key',
          '$2',
        );
      const last = isGathered ? gathered() : inOrder();
      const few = `(select rarest_term.count from rarest_term) <= ${isGathered ? limits.terms : limits.termsAlone}`;
      const merging = isMerged ? mergingOf(along, conditions) : undefined;
      const isMany = ` and not ${few}`;
      const many = merging
        ? `${far(merging.source, `${isMany} and ${merging.condition}`)}${far(last, `${isMany} and not ${merging.condition}`)}`
        : far(last, isMany);
      const farther = terms.length > 0 ? `${far(gatheredByTerm(), ` and ${few}`)}${many}` : far(last);
      const steps =
        terms.length > 0 ? `, ${rarestTerm(terms, parameter, limits.termsAlone)}${merging?.steps ?? ''}` : '';
      return `${scope}${steps}, near as materialized (
  select scope.tenant_id, found.id
  from scope
  cross join lateral (
    select looked_at.id
    from (${merged(walks, 'branch.id, branch.key, branch.is_match', limit)}
    ) as looked_at
    where looked_at.is_match
    ${ordered('looked_at.key', 'looked_at.id', '$2')}
  ) as found
), page as materialized (
  select near.tenant_id, near.id
  from near
  where (select count(*) from near) >= $2${farther}
)${lookedUp}`;
    },
  };
}

/** Whether a condition holds of all that lies along a path, or ends it. */
const isKeptBy = (path: Path | undefined, along: Path | undefined, column: string): boolean =>
  (path !== undefined && path === along) || (path?.kind === 'range' && path.column === column);

/** The dates of a filter, for a row named `term`. */
function datesOf({ dateFrom, dateTo }: ExpenseFilter, parameter: Parameter): string {
  const from = dateFrom === undefined ? '' : ` and term.expense_date >= ${parameter(dateFrom)}`;
  return dateTo === undefined ? from : `${from} and term.expense_date <= ${parameter(dateTo)}`;
}
