import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams, renderWarnings } from '../schemas/common.ts';
import {
  bookedExpenseSchema,
  expenseBody,
  expenseBodyExample,
  expenseExample,
  renderExpense,
} from '../schemas/expense.ts';
import { allExpenseFields, toExpenseInput } from '../schemas/expense-input.ts';

export const replaceExpense = defineRoute({
  operationId: 'replaceExpense',
  method: 'put',
  path: '/expenses/{id}',
  summary: 'Replace an expense',
  description: 'What is left out becomes empty. What was booked is reversed and booked anew; the history stays.',
  tags: ['Expenses'],
  access: access.ledger.editExpense,
  ifMatch: true,
  notFound: 'expense_not_found',
  request: { params: idParams, body: expenseBody, bodyExample: expenseBodyExample },
  responses: {
    200: {
      description: 'The expense as it is now.',
      schema: bookedExpenseSchema,
      example: { ...expenseExample, version: 2 },
      etag: true,
    },
  },
  errors: ['expense_reversed', 'books_disagree', 'plan_limit_reached', 'plan_unknown'],
  async handle({ context, params, body, ifMatch, services }) {
    const { expense, warnings, replayed } = await services.ledger.editExpense(context, {
      expenseId: params.id,
      input: toExpenseInput(body),
      updateMask: allExpenseFields,
      version: ifMatch,
    });
    return {
      status: 200,
      body: { ...renderExpense(expense), ...renderWarnings(warnings) },
      version: expense?.version,
      replayed,
    };
  },
});
