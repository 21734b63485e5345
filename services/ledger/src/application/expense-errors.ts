import { conflict, type DomainError, invalid, notFound, preconditionFailed } from '@outlay/platform';
import type { WantedRate } from '../domain/money.ts';
import type { RateFault } from '../domain/revise-expense.ts';
import { rateAgeDaysMax } from '../rates/effective-rate.ts';

/** Why an expense cannot refer to something. */
export interface ReferenceFault {
  field: 'category_id' | 'account_id' | 'project_id';
  code: 'not_found' | 'archived';
}

const referenceFaults: Record<ReferenceFault['code'], string> = {
  not_found: 'names nothing that exists',
  archived: 'names something that is archived',
};

export const wrongReferences = (faults: readonly ReferenceFault[]): DomainError =>
  invalid(faults.map(({ field, code }) => ({ field, code, message: referenceFaults[code] })));

const rateFaults: Record<RateFault, { code: string; message: string }> = {
  exchange_rate_required: { code: 'required', message: "is needed, as the amount is not in the tenant's currency" },
  exchange_rate_unwritable: { code: 'required', message: 'is needed, as the listed one cannot be written' },
  exchange_rate_not_applicable: {
    code: 'not_applicable',
    message: "cannot be given for an amount in the tenant's currency",
  },
  exchange_rate_out_of_range: {
    code: 'out_of_range',
    message: "makes more of the amount in the tenant's currency than can be booked",
  },
};

/** Those that a rate is missing for which was looked for. */
const lookedUp = new Set<RateFault>(['exchange_rate_required', 'exchange_rate_unwritable']);

/** `wanted` is the rate that was looked for, where one was. */
export const rateFault = (fault: RateFault, wanted?: WantedRate): DomainError => {
  const { code, message } = rateFaults[fault];
  if (wanted === undefined || !lookedUp.has(fault)) return invalid('exchange_rate', code, message);
  const { from, to, date } = wanted;
  const days = `${date} or the ${rateAgeDaysMax} days before`;
  const missing =
    fault === 'exchange_rate_unwritable'
      ? `is needed, as the rate from ${from} to ${to} that follows from those of ${days} does not fit 12 digits on either side of the point`
      : `is needed, as no rate from ${from} to ${to} is known of ${days}`;
  return invalid('exchange_rate', code, missing);
};

/** The same for another tenant's, for another member's and for none. */
export const expenseNotFound = (): DomainError => notFound('expense_not_found', 'There is no such expense');

export const expenseReversed = (): DomainError =>
  conflict('expense_reversed', 'The expense has been taken out of the books');

export const versionMismatch = (): DomainError =>
  preconditionFailed('version_mismatch', 'The expense has changed since it was read');
