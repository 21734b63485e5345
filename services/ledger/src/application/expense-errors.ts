import { conflict, type DomainError, invalid, notFound, preconditionFailed } from '@outlay/platform';
import type { RateFault } from '../domain/revise-expense.ts';

export type MissingReference = 'category_id' | 'account_id' | 'project_id';

export const referencesMissing = (fields: readonly MissingReference[]): DomainError =>
  invalid(fields.map((field) => ({ field, code: 'not_found', message: 'names nothing that exists' })));

const rateFaults: Record<RateFault, { code: string; message: string }> = {
  exchange_rate_required: { code: 'required', message: "is needed, as the amount is not in the tenant's currency" },
  exchange_rate_not_applicable: {
    code: 'not_applicable',
    message: "cannot be given for an amount in the tenant's currency",
  },
  exchange_rate_out_of_range: {
    code: 'out_of_range',
    message: "makes more of the amount in the tenant's currency than can be booked",
  },
};

export const rateFault = (fault: RateFault): DomainError => {
  const { code, message } = rateFaults[fault];
  return invalid('exchange_rate', code, message);
};

/** The same for another tenant's, for another member's and for none. */
export const expenseNotFound = (): DomainError => notFound('expense_not_found', 'There is no such expense');

export const expenseReversed = (): DomainError =>
  conflict('expense_reversed', 'The expense has been taken out of the books');

export const versionMismatch = (): DomainError =>
  preconditionFailed('version_mismatch', 'The expense has changed since it was read');
