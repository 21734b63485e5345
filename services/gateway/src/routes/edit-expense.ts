import type { Money } from '@outlay/contracts';
import { formatAmount, isDomainError, type TenantContext } from '@outlay/platform';
import { defineRoute } from '../http/define-route.ts';
import { idParams, present } from '../schemas/common.ts';
import {
  type ExpensePatch,
  expenseExample,
  expensePatchBody,
  expenseSchema,
  renderExpense,
} from '../schemas/expense.ts';
import { toExpensePatch, toMoney } from '../schemas/expense-input.ts';
import type { Services } from '../services.ts';

export const editExpense = defineRoute({
  operationId: 'editExpense',
  method: 'patch',
  path: '/expenses/{id}',
  summary: 'Change fields of an expense',
  description: 'What is left away stays. What was booked is reversed and booked anew; the history stays.',
  tags: ['Expenses'],
  auth: 'tenant',
  roles: ['owner', 'admin', 'member'],
  ifMatch: true,
  notFound: 'expense_not_found',
  request: { params: idParams, body: expensePatchBody, bodyExample: { title: 'Design tool, two seats' } },
  responses: {
    200: {
      description: 'The expense as it is now.',
      schema: expenseSchema,
      example: { ...expenseExample, title: 'Design tool, two seats', version: 2 },
      etag: true,
    },
  },
  errors: ['expense_reversed'],
  async handle({ context, params, body, ifMatch, services }) {
    for (let attempt = 1; ; attempt++) {
      const { amount, seenVersion } = await patchedAmount(services, context, params.id, body);
      try {
        const { expense, replayed } = await services.ledger.editExpense(context, {
          expenseId: params.id,
          ...toExpensePatch(body, amount),
          version: ifMatch ?? seenVersion,
        });
        return { status: 200, body: renderExpense(expense), version: expense?.version, replayed };
      } catch (error) {
        // Somebody changed the half that was read; the client did not ask for a version, so theirs is read anew.
        const isOurs = ifMatch === undefined && seenVersion !== undefined && attempt < attemptsMax;
        if (!isOurs || !isDomainError(error, 'precondition_failed')) throw error;
      }
    }
  },
});

const attemptsMax = 5;

/**
 * An amount means nothing without its currency: where one of the two is left away, the expense has the other, as of the
 * version that it was read at.
 */
async function patchedAmount(
  services: Services,
  context: TenantContext,
  expenseId: string,
  patch: ExpensePatch,
): Promise<{ amount?: Money; seenVersion?: bigint }> {
  if (patch.amount === undefined && patch.currency === undefined) return {};
  if (patch.amount !== undefined && patch.currency !== undefined) {
    return { amount: toMoney(patch.amount, patch.currency) };
  }
  const { expense } = await services.ledger.getExpense(context, { expenseId });
  const paid = present(expense?.amount, 'an amount');
  return {
    amount: toMoney(patch.amount ?? formatAmount(paid.amountMinor, paid.currency), patch.currency ?? paid.currency),
    seenVersion: expense?.version,
  };
}
