import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import {
  amount,
  calendarDate,
  optionalText,
  pageQuery,
  paginationExample,
  present,
  renderPagination,
  toPageRequest,
  uuid,
} from '../schemas/common.ts';
import { expenseExample, expensePage, renderExpense } from '../schemas/expense.ts';
import { toMinor } from '../schemas/expense-input.ts';

const ids = z.array(uuid).max(100).optional();

const query = z.strictObject({
  date_from: calendarDate.optional().meta({ description: 'Expense date on or after.' }),
  date_to: calendarDate.optional().meta({ description: 'Expense date on or before.' }),
  category_id: ids.meta({ description: 'In any of these categories.' }),
  account_id: ids.meta({ description: 'From any of these accounts.' }),
  project_id: ids.meta({ description: 'For any of these projects.' }),
  tag: optionalText(50).min(1).optional(),
  user_id: uuid.optional().meta({ description: 'Recorded by.' }),
  status: z.enum(['posted', 'reversed', 'all']).default('posted'),
  amount_min: amount.optional().meta({ description: 'Booked amount at least, in the currency of the tenant.' }),
  amount_max: amount.optional().meta({ description: 'Booked amount at most.' }),
  q: optionalText(200).min(1).optional().meta({ description: 'Words in title, description or vendor.' }),
  import_id: uuid.optional().meta({ description: 'Brought by this import.' }),
  sort: z
    .enum(['-expense_date', 'expense_date'])
    .default('-expense_date')
    .meta({ description: 'Newest or oldest first.' }),
  ...pageQuery,
});

export const listExpenses = defineRoute({
  operationId: 'listExpenses',
  method: 'get',
  path: '/expenses',
  summary: 'List expenses',
  description:
    'All filters must hold. Ids may be given several times, any of them will do. Reversed expenses are hidden.',
  tags: ['Expenses'],
  auth: 'tenant',
  request: { query },
  responses: {
    200: {
      description: 'A page of expenses.',
      schema: expensePage,
      example: { data: [expenseExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services, tenantOf }) {
    const hasBounds = query.amount_min !== undefined || query.amount_max !== undefined;
    const currency = hasBounds ? present((await tenantOf(context.tenantId)).settings?.currency, 'a currency') : '';
    const { expenses, page } = await services.ledger.listExpenses(context, {
      filter: toFilter(query, currency),
      sort: query.sort,
      page: toPageRequest(query),
    });
    return {
      status: 200,
      body: { data: expenses.map(renderExpense), pagination: renderPagination(page, query.limit) },
    };
  },
});

function toFilter(given: z.output<typeof query>, currency: string): ledger.ExpenseFilter {
  const { amount_min: min, amount_max: max } = given;
  return {
    dateFrom: given.date_from ?? '',
    dateTo: given.date_to ?? '',
    categoryIds: given.category_id ?? [],
    accountIds: given.account_id ?? [],
    projectIds: given.project_id ?? [],
    tag: given.tag ?? '',
    userId: given.user_id ?? '',
    status: given.status,
    amountMinorFrom: min === undefined ? undefined : toMinor(min, currency, 'amount_min'),
    amountMinorTo: max === undefined ? undefined : toMinor(max, currency, 'amount_max'),
    text: given.q ?? '',
    importId: given.import_id ?? '',
  };
}
