import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderWarnings } from '../schemas/common.ts';
import {
  bookedExpenseSchema,
  expenseBody,
  expenseBodyExample,
  expenseExample,
  renderExpense,
} from '../schemas/expense.ts';
import { toExpenseInput } from '../schemas/expense-input.ts';

export const recordExpense = defineRoute({
  operationId: 'recordExpense',
  method: 'post',
  path: '/expenses',
  summary: 'Record an expense',
  description:
    "Books it as one journal entry. Where its currency is not the tenant's, it is brought into it at `exchange_rate`, or " +
    'without one at the rate in force on its day; the rate, its source and date stay with the entry. 422 `required` where none is in force.',
  tags: ['Expenses'],
  access: access.ledger.recordExpense,
  request: { body: expenseBody, bodyExample: expenseBodyExample },
  responses: {
    201: {
      description: 'It is booked.',
      schema: bookedExpenseSchema,
      example: expenseExample,
      etag: true,
      location: true,
    },
  },
  errors: ['plan_limit_reached', 'plan_unknown'],
  async handle({ context, body, services }) {
    const { expense, warnings, replayed } = await services.ledger.recordExpense(context, {
      input: toExpenseInput(body),
    });
    return {
      status: 201,
      body: { ...renderExpense(expense), ...renderWarnings(warnings) },
      version: expense?.version,
      location: `/api/v1/expenses/${expense?.id}`,
      replayed,
    };
  },
});
