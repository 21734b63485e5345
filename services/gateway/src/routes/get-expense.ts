import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { expenseExample, expenseSchema, renderExpense } from '../schemas/expense.ts';

export const getExpense = defineRoute({
  operationId: 'getExpense',
  method: 'get',
  path: '/expenses/{id}',
  summary: 'Show an expense',
  description: 'Reversed ones too.',
  tags: ['Expenses'],
  access: access.ledger.getExpense,
  notFound: 'expense_not_found',
  request: { params: idParams },
  responses: { 200: { description: 'The expense.', schema: expenseSchema, example: expenseExample, etag: true } },
  async handle({ context, params, services }) {
    const { expense } = await services.ledger.getExpense(context, { expenseId: params.id });
    return { status: 200, body: renderExpense(expense), version: expense?.version };
  },
});
