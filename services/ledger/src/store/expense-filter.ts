/** References that are wanted: any of these, and where `isNone`, expenses that have none too. */
export interface ReferenceFilter {
  ids: readonly string[];
  isNone: boolean;
}

/** Which expenses are wanted. Absent fields do not filter. */
export interface ExpenseFilter {
  dateFrom?: string;
  dateTo?: string;
  /** Their descendants are wanted with them. */
  categories?: ReferenceFilter;
  accounts?: ReferenceFilter;
  projects?: ReferenceFilter;
  tags?: readonly string[];
  /** Whether each of the tags must be there; one of them does else. */
  isEachTag?: boolean;
  userId?: string;
  status?: 'posted' | 'reversed';
  /** Bounds on the booked amount, inclusive. */
  amountMinorFrom?: bigint;
  amountMinorTo?: bigint;
  /** Folded by searchWords. Each must begin a word of title, description or vendor; none at all matches nothing. */
  words?: readonly string[];
  importId?: string;
  vendor?: string;
  /** What was paid in; `isForeign` says that it is not the tenant's. */
  currency?: { code: string; isForeign: boolean };
  paymentMethod?: string;
}

/** Puts a value into the statement; answers its placeholder. `id` is what a column of UUIDs is compared with. */
export type Parameter = (value: unknown, kind?: 'id') => string;

/** How the expenses of one value are found in the order of their dates: `column = value` along an index of its own. */
export type Path =
  | { kind: 'equal' }
  /** As many values as the array `source` has, each read along the index. */
  | { kind: 'several'; column: string; source: (parameter: Parameter) => string }
  /** Along the terms; in order where there is one tag alone. */
  | { kind: 'tags'; tags: readonly string[]; isEach: boolean }
  /** Along the terms that begin with one of `prefixes`, all of which are wanted; in no order. */
  | { kind: 'words'; prefixes: readonly string[] }
  /** A bound on a column that lists can be ordered by. */
  | { kind: 'range'; column: string }
  /** An index leads to them, in no order: PostgreSQL does not see that `is null` is one value. */
  | { kind: 'absent' }
  | { kind: 'none' };

/** One condition on an expense named `expense`, and whether an index leads to what it lets through. */
export interface FilterPart {
  name: string;
  sql: (parameter: Parameter) => string;
  path: Path;
}

/** The conditions of a filter, its status apart; of those with an index of their own the most selective first. */
export function filterParts(filter: ExpenseFilter): FilterPart[] {
  return [
    ...equalId('import', 'import_id', filter.importId),
    // A partial index is used where its condition is repeated.
    ...equal('vendor', 'vendor', filter.vendor, " and expense.vendor <> ''"),
    ...references('project', 'project_id', filter.projects),
    ...references('account', 'account_id', filter.accounts),
    ...equalId('user', 'user_id', filter.userId),
    ...categories(filter.categories),
    ...currencyOf(filter.currency),
    ...equal('method', 'payment_method', filter.paymentMethod, " and expense.payment_method <> ''"),
    ...tagsOf(filter),
    ...wordsOf(filter.words),
    ...bound('min', 'booked_amount_minor', '>=', filter.amountMinorFrom),
    ...bound('max', 'booked_amount_minor', '<=', filter.amountMinorTo),
    ...bound('from', 'expense_date', '>=', filter.dateFrom),
    ...bound('to', 'expense_date', '<=', filter.dateTo),
  ];
}

/** The statuses that a filter lets through. */
export const statusesOf = ({ status }: ExpenseFilter): readonly ('posted' | 'reversed')[] =>
  status === undefined ? ['posted', 'reversed'] : [status];

const equal = (name: string, column: string, value: unknown, also = ''): FilterPart[] =>
  value === undefined
    ? []
    : [{ name, path: { kind: 'equal' }, sql: (parameter) => `expense.${column} = ${parameter(value)}${also}` }];

const equalId = (name: string, column: string, id: string | undefined): FilterPart[] =>
  id === undefined
    ? []
    : [{ name, path: { kind: 'equal' }, sql: (parameter) => `expense.${column} = ${parameter(id, 'id')}` }];

const bound = (name: string, column: string, operator: string, value: unknown): FilterPart[] =>
  value === undefined
    ? []
    : [
        {
          name,
          path: { kind: 'range', column },
          sql: (parameter) => `expense.${column} ${operator} ${parameter(value)}`,
        },
      ];

function references(name: string, column: string, wanted: ReferenceFilter | undefined): FilterPart[] {
  if (wanted === undefined) return [];
  const { ids, isNone } = wanted;
  if (!isNone && ids.length === 1) return equalId(name, column, ids[0]);
  return severalOf(name, column, wanted, (parameter) => `${parameter(ids)}::uuid[]`);
}

function categories(wanted: ReferenceFilter | undefined): FilterPart[] {
  if (wanted === undefined) return [];
  return severalOf(
    'category',
    'category_id',
    wanted,
    () => 'array(select within_categories.id from within_categories)',
  );
}

function severalOf(
  name: string,
  column: string,
  { ids, isNone }: ReferenceFilter,
  source: (parameter: Parameter) => string,
): FilterPart[] {
  const none = `expense.${column} is null`;
  if (ids.length === 0) return [{ name: `no_${name}`, path: { kind: 'absent' }, sql: () => none }];
  const any = (parameter: Parameter) => `expense.${column} = any (${source(parameter)})`;
  if (!isNone) return [{ name: `${name}s`, path: { kind: 'several', column, source }, sql: any }];
  // Two ways to be let through, between which no index leads.
  const either = (parameter: Parameter) => `(${none} or ${any(parameter)})`;
  return [{ name: `no_${name}s`, path: { kind: 'none' }, sql: either }];
}

function currencyOf(currency: ExpenseFilter['currency']): FilterPart[] {
  if (currency === undefined) return [];
  if (currency.isForeign) {
    return equal('currency', 'currency', currency.code, ' and expense.currency <> expense.booked_currency');
  }
  const sql = (parameter: Parameter) => `expense.currency = ${parameter(currency.code)}`;
  return [{ name: 'own', path: { kind: 'none' }, sql }];
}

function tagsOf({ tags, isEachTag }: ExpenseFilter): FilterPart[] {
  if (tags === undefined) return [];
  const isEach = isEachTag === true && tags.length > 1;
  const path: Path = { kind: 'tags', tags, isEach };
  const name = isEach ? 'each_tag' : tags.length === 1 ? 'tag' : 'tags';
  return [{ name, path, sql: (parameter) => `expense.tags ${isEach ? '@>' : '&&'} ${parameter(tags)}::text[]` }];
}

function wordsOf(words: readonly string[] | undefined): FilterPart[] {
  if (words === undefined) return [];
  const patterns = words.map((word) => `% ${word}%`);
  const sql = (parameter: Parameter) => `expense.search_text like all (${parameter(patterns)}::text[])`;
  return [{ name: 'words', path: { kind: 'words', prefixes: words }, sql }];
}
