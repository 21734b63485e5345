import { ledger } from '@outlay/contracts';
import type { OutgoingEvent } from '@outlay/messaging';
import type { TenantContext } from '@outlay/platform';
import type { AppliedRate, Money } from '../domain/money.ts';

/** An expense with the names of what it refers to: what clients are shown and what events carry. */
export interface DescribedExpense {
  readonly id: string;
  readonly amount: Money;
  readonly booked: Money;
  readonly rate: AppliedRate;
  readonly title: string;
  readonly description: string;
  readonly category: ledger.Reference | undefined;
  readonly account: ledger.Reference | undefined;
  readonly project: ledger.Reference | undefined;
  readonly expenseDate: string;
  readonly paymentMethod: string;
  readonly tags: readonly string[];
  readonly vendor: string;
  readonly status: 'posted' | 'reversed';
  readonly version: bigint;
  readonly entryId: string;
  readonly userId: string;
  readonly importId: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The message of the contracts, which RPCs and events share. */
export const toExpenseMessage = (expense: DescribedExpense): ledger.Expense => ({
  ...expense,
  tags: [...expense.tags],
  importId: expense.importId ?? '',
});

/** What the audit trail keeps of a change to an expense. */
export const expenseAudit = (
  what: 'edited' | 'reversed' | 'restated',
  { before, after }: { before: DescribedExpense; after: DescribedExpense },
) => ({
  action: `expense.${what}`,
  entity: 'expense' as const,
  entityId: after.id,
  before: ledger.Expense.toJSON(toExpenseMessage(before)),
  after: ledger.Expense.toJSON(toExpenseMessage(after)),
});

type What = 'recorded' | 'edited' | 'reversed';

/** The event that tells of an expense; it carries the whole state, in which the version is the aggregate's. */
export const expenseEvent = (
  context: TenantContext,
  what: What,
  expense: ledger.Expense,
): OutgoingEvent<`outlay.ledger.expense.${What}.v1`> => ({
  type: `outlay.ledger.expense.${what}.v1`,
  tenantId: context.tenantId,
  subject: expense.id,
  aggregateVersion: expense.version,
  data: { expense },
});

/** The event that tells of an expense whose rate was corrected, with what it was booked at until then. */
export const restatedEvent = (
  context: TenantContext,
  before: DescribedExpense,
  after: DescribedExpense,
): OutgoingEvent<'outlay.ledger.expense.restated.v1'> => ({
  type: 'outlay.ledger.expense.restated.v1',
  tenantId: context.tenantId,
  subject: after.id,
  aggregateVersion: after.version,
  data: { expense: toExpenseMessage(after), previousBooked: before.booked, previousRate: before.rate },
});
