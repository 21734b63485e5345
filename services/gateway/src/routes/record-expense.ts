import { defineRoute } from '../http/define-route.ts';
import { expenseBody, expenseBodyExample, expenseExample, expenseSchema, renderExpense } from '../schemas/expense.ts';
import { toExpenseInput } from '../schemas/expense-input.ts';

export const recordExpense = defineRoute({
  operationId: 'recordExpense',
  method: 'post',
  path: '/expenses',
  summary: 'Record an expense',
  description:
    "Books it as one journal entry. Where its currency is not the tenant's, `exchange_rate` says what one unit is worth; " +
    'the rate stays with the entry.',
  tags: ['Expenses'],
  auth: 'tenant',
  roles: ['owner', 'admin', 'member'],
  request: { body: expenseBody, bodyExample: expenseBodyExample },
  responses: {
    201: { description: 'It is booked.', schema: expenseSchema, example: expenseExample, etag: true, location: true },
  },
  async handle({ context, body, services }) {
    const { expense, replayed } = await services.ledger.recordExpense(context, { input: toExpenseInput(body) });
    return {
      status: 201,
      body: renderExpense(expense),
      version: expense?.version,
      location: `/api/v1/expenses/${expense?.id}`,
      replayed,
    };
  },
});
