import type { ledger } from '@outlay/contracts';
import { parseInput } from '@outlay/platform';
import { z } from 'zod';
import type { ExpenseListing } from '../application/list-expenses.ts';
import { date, id, optional, text } from './fields.ts';
import { parsePage } from './parse-page.ts';

const idsMax = 100;
const wordsMax = 10;

const ids = z
  .array(id)
  .max(idsMax, `must be ${idsMax} at most`)
  .transform((given) => (given.length === 0 ? undefined : given));

/** In the words of the public API. */
const listing = z.object({
  sort: optional(z.enum(['-expense_date', 'expense_date'], 'must be -expense_date or expense_date')),
  date_from: optional(date),
  date_to: optional(date),
  category_id: ids,
  account_id: ids,
  project_id: ids,
  tag: optional(text(50)),
  user_id: optional(id),
  status: optional(z.enum(['posted', 'reversed', 'all'], 'must be posted, reversed or all')),
  amount_from: z.bigint().optional(),
  amount_to: z.bigint().optional(),
  text: optional(text(200)),
  import_id: optional(id),
});

/** A cursor belongs to the order it was given for. */
const position = (sort: string) => z.strictObject({ sort: z.literal(sort), expenseDate: date, id });

/** Reads filter, order and page. Throws invalid with one detail for each wrong field. */
export function parseListing(request: ledger.ListExpensesRequest): ExpenseListing & { sort: string } {
  const given = parseInput(listing, inApiWords(request));
  const { sort = '-expense_date', status = 'posted' } = given;
  const filter = {
    dateFrom: given.date_from,
    dateTo: given.date_to,
    categoryIds: given.category_id,
    accountIds: given.account_id,
    projectIds: given.project_id,
    tag: given.tag,
    userId: given.user_id,
    status: status === 'all' ? undefined : status,
    amountMinorFrom: given.amount_from,
    amountMinorTo: given.amount_to,
    words: given.text?.split(/\s+/).slice(0, wordsMax),
    importId: given.import_id,
  };
  const { limit, after } = parsePage(request.page, position(sort));
  return { filter, isAscending: sort === 'expense_date', after, limit, sort };
}

function inApiWords({ filter, sort }: ledger.ListExpensesRequest) {
  return {
    sort,
    date_from: filter?.dateFrom ?? '',
    date_to: filter?.dateTo ?? '',
    category_id: filter?.categoryIds ?? [],
    account_id: filter?.accountIds ?? [],
    project_id: filter?.projectIds ?? [],
    tag: filter?.tag ?? '',
    user_id: filter?.userId ?? '',
    status: filter?.status ?? '',
    amount_from: filter?.amountMinorFrom,
    amount_to: filter?.amountMinorTo,
    text: filter?.text ?? '',
    import_id: filter?.importId ?? '',
  };
}
