import { type ledger, paymentMethods } from '@outlay/contracts';
import { invalid, parseInput, parsePage } from '@outlay/platform';
import { z } from 'zod';
import type { ExpenseListing } from '../application/list-expenses.ts';
import type { WantedExpenses } from '../application/visibility.ts';
import { searchWords } from '../domain/search-words.ts';
import type { ReferenceFilter } from '../store/expense-filter.ts';
import { type ExpenseSort, expenseSorts } from '../store/expense-order.ts';
import { anyInstant } from '../store/instants.ts';
import { currency, date, id, optional, text } from './fields.ts';

const idsMax = 100;
const tagsMax = 20;
const wordsMax = 10;
const none = 'none';

const references = z
  .array(z.union([z.literal(none), id], 'must be a UUID, or none'))
  .max(idsMax, `must be ${idsMax} at most`)
  .transform((given): ReferenceFilter | undefined => {
    const ids = [...new Set(given)].filter((one) => one !== none);
    return given.length === 0 ? undefined : { ids, isNone: given.includes(none) };
  });

const sortOf = optional(z.enum(expenseSorts, `must be one of ${expenseSorts.join(', ')}`));

/** In the words of the public API. */
const filterFields = z.object({
  date_from: optional(date),
  date_to: optional(date),
  category_id: references,
  account_id: references,
  project_id: references,
  tag: z
    .array(text(50).min(1, 'must not be empty'))
    .max(tagsMax, `must be ${tagsMax} at most`)
    .transform((tags) => (tags.length === 0 ? undefined : [...new Set(tags)])),
  each_tag: z.boolean(),
  user_id: optional(id),
  status: optional(z.enum(['posted', 'reversed', 'all'], 'must be posted, reversed or all')),
  amount_from: z.bigint().optional(),
  amount_to: z.bigint().optional(),
  text: optional(text(200)),
  import_id: optional(id),
  vendor: optional(text(200)),
  currency: optional(currency),
  payment_method: optional(z.enum(paymentMethods, `must be one of ${paymentMethods.join(', ')}`)),
});

const orderedFields = filterFields.extend({ sort: sortOf });

/** Reads what expenses are wanted. Throws invalid with one detail for each wrong field. */
export function parseFilter(filter: ledger.ExpenseFilter | undefined): WantedExpenses {
  return toFilter(parseInput(filterFields, inApiWords(filter)));
}

/** Reads filter and order. Throws the same. */
function parseOrderedFilter(request: { filter?: ledger.ExpenseFilter | undefined; sort: string }): {
  filter: WantedExpenses;
  sort: ExpenseSort;
} {
  const { sort = '-expense_date', ...given } = parseInput(orderedFields, {
    ...inApiWords(request.filter),
    sort: request.sort,
  });
  return { filter: toFilter(given), sort };
}

const keyOf = (sort: ExpenseSort) =>
  sort.endsWith('expense_date') ? date : sort.endsWith('amount') ? z.string().regex(/^-?\d{1,18}$/) : anyInstant;

/** What a cursor of a list holds; made once for each order, as making a schema costs more than reading a request. */
const positions = new Map(expenseSorts.map((sort) => [sort, z.strictObject({ key: keyOf(sort), id })]));

/** Reads filter, order and page. Throws the same. */
export function parseListing(request: ledger.ListExpensesRequest): ExpenseListing {
  const { filter, sort } = parseOrderedFilter(request);
  return { filter, sort, ...parsePage(request.page, positions.get(sort) ?? z.never()) };
}

function toFilter(given: z.output<typeof filterFields>): WantedExpenses {
  const { status = 'posted' } = given;
  return {
    dateFrom: given.date_from,
    dateTo: given.date_to,
    categories: given.category_id,
    accounts: given.account_id,
    projects: given.project_id,
    tags: given.tag,
    isEachTag: given.each_tag,
    userId: given.user_id,
    status: status === 'all' ? undefined : status,
    amountMinorFrom: given.amount_from,
    amountMinorTo: given.amount_to,
    words: given.text === undefined ? undefined : wordsOf(given.text),
    importId: given.import_id,
    vendor: given.vendor,
    currency: given.currency,
    paymentMethod: given.payment_method,
  };
}

/**
 * Each further word costs a lookup. To leave some of them out would find what was not asked for, and so would a text
 * without any.
 */
function wordsOf(given: string): string[] {
  const words = searchWords(given);
  if (words.length === 0) throw invalid('q', 'word_missing', 'must hold a word: letters or digits');
  if (words.length > wordsMax) throw invalid('q', 'too_many_words', `must be ${wordsMax} words at most`);
  return words;
}

function inApiWords(filter: ledger.ExpenseFilter | undefined) {
  return {
    date_from: filter?.dateFrom ?? '',
    date_to: filter?.dateTo ?? '',
    category_id: filter?.categoryIds ?? [],
    account_id: filter?.accountIds ?? [],
    project_id: filter?.projectIds ?? [],
    tag: filter?.tags ?? [],
    each_tag: filter?.eachTag ?? false,
    user_id: filter?.userId ?? '',
    status: filter?.status ?? '',
    amount_from: filter?.amountMinorFrom,
    amount_to: filter?.amountMinorTo,
    text: filter?.text ?? '',
    import_id: filter?.importId ?? '',
    vendor: filter?.vendor ?? '',
    currency: filter?.currency ?? '',
    payment_method: filter?.paymentMethod ?? '',
  };
}
