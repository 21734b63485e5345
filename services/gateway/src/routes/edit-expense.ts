import { access, type Money } from '@outlay/contracts';
import { formatAmount, isDomainError, type TenantContext, unavailable } from '@outlay/platform';
import { defineRoute } from '../http/define-route.ts';
import { idParams, present, renderWarnings } from '../schemas/common.ts';
import {
  bookedExpenseSchema,
  type ExpensePatch,
  expenseExample,
  expensePatchBody,
  renderExpense,
} from '../schemas/expense.ts';
import { toExpensePatch, toMoney } from '../schemas/expense-input.ts';
import type { Services } from '../services.ts';

export const editExpense = defineRoute({
  operationId: 'editExpense',
  method: 'patch',
  path: '/expenses/{id}',
  summary: 'Change fields of an expense',
  description:
    'What is left out stays. What was booked is reversed and booked anew; the history stays. Where nothing is different nothing is booked, and the version stays.',
  tags: ['Expenses'],
  access: access.ledger.editExpense,
  ifMatch: true,
  notFound: 'expense_not_found',
  request: { params: idParams, body: expensePatchBody, bodyExample: { title: 'Design tool, two seats' } },
  responses: {
    200: {
      description: 'The expense as it is now.',
      schema: bookedExpenseSchema,
      example: { ...expenseExample, title: 'Design tool, two seats', version: 2 },
      etag: true,
    },
  },
  errors: ['expense_reversed', 'books_disagree', 'plan_limit_reached', 'plan_unknown', 'too_contended'],
  async handle({ context, params, body, ifMatch, services }) {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const { amount, ...seen } = await patchedAmount(services, context, params.id, body);
      try {
        const { expense, warnings, replayed } = await services.ledger.editExpense(context, {
          expenseId: params.id,
          ...toExpensePatch(body, amount),
          version: ifMatch,
          ...seen,
        });
        return {
          status: 200,
          body: { ...renderExpense(expense), ...renderWarnings(warnings) },
          version: expense?.version,
          replayed,
        };
      } catch (error) {
        // Somebody changed the half that was read; the client did not ask for a version, so theirs is read anew.
        const isOurs = ifMatch === undefined && seen.seenCurrency !== undefined;
        if (!isOurs || !isDomainError(error, 'precondition_failed')) throw error;
      }
    }
    throw unavailable('too_contended', 'The expense could not be changed now');
  },
});

const attemptsMax = 10;

/**
 * An amount means nothing without its currency: where one of the two is left out, the expense has the other, as long as
 * it is what was read here. Whatever else is changed meanwhile does not matter.
 */
async function patchedAmount(
  services: Services,
  context: TenantContext,
  expenseId: string,
  patch: ExpensePatch,
): Promise<{ amount?: Money; seenCurrency?: string; seenAmountMinor?: bigint }> {
  if (patch.amount === undefined && patch.currency === undefined) return {};
  if (patch.amount !== undefined && patch.currency !== undefined) {
    return { amount: toMoney(patch.amount, patch.currency) };
  }
  const { expense } = await services.ledger.getExpense(context, { expenseId });
  const paid = present(expense?.amount, 'an amount');
  if (patch.amount !== undefined) return { amount: toMoney(patch.amount, paid.currency), seenCurrency: paid.currency };
  return {
    amount: toMoney(formatAmount(paid.amountMinor, paid.currency), patch.currency ?? paid.currency),
    ...{ seenCurrency: paid.currency, seenAmountMinor: paid.amountMinor },
  };
}
