import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import {
  endsAfterItBegins,
  endsTooEarly,
  pageQuery,
  paginationExample,
  renderPagination,
  toPageRequest,
} from '../schemas/common.ts';
import { expenseExample, expensePage, renderExpense } from '../schemas/expense.ts';
import { expenseFilterQuery, expenseSort, toExpenseFilter } from '../schemas/expense-filter.ts';

export const listExpenses = defineRoute({
  operationId: 'listExpenses',
  method: 'get',
  path: '/expenses',
  summary: 'List expenses',
  description:
    'All filters must hold. Ids and tags may be given several times, any of them will do. Reversed expenses are hidden.',
  tags: ['Expenses'],
  access: access.ledger.listExpenses,
  request: {
    query: z
      .strictObject({ ...expenseFilterQuery, sort: expenseSort, ...pageQuery })
      .refine(endsAfterItBegins, endsTooEarly),
  },
  responses: {
    200: {
      description: 'A page of expenses.',
      schema: expensePage,
      example: { data: [expenseExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services, tenantOf }) {
    const { expenses, page } = await services.ledger.listExpenses(context, {
      filter: await toExpenseFilter(query, { context, tenantOf }),
      sort: query.sort,
      page: toPageRequest(query),
    });
    return {
      status: 200,
      body: { data: expenses.map(renderExpense), pagination: renderPagination(page, query.limit) },
    };
  },
});
