import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { expenseExample, expenseSchema, renderExpense } from '../schemas/expense.ts';

export const reverseExpense = defineRoute({
  operationId: 'reverseExpense',
  method: 'delete',
  path: '/expenses/{id}',
  summary: 'Take an expense out of the books',
  description:
    'Nothing is removed: an entry that reverses it is booked, and lists hide it unless they are asked for `status`. ' +
    'The answer is the expense as it is now.',
  tags: ['Expenses'],
  access: access.ledger.reverseExpense,
  ifMatch: true,
  notFound: 'expense_not_found',
  request: { params: idParams },
  responses: {
    200: {
      description: 'It is reversed.',
      schema: expenseSchema,
      example: { ...expenseExample, status: 'reversed', version: 2 },
      etag: true,
    },
  },
  errors: ['expense_reversed', 'books_disagree'],
  async handle({ context, params, ifMatch, services }) {
    const { expense, replayed } = await services.ledger.reverseExpense(context, {
      expenseId: params.id,
      version: ifMatch,
    });
    return { status: 200, body: renderExpense(expense), version: expense?.version, replayed };
  },
});
