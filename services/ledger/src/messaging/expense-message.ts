import type { ledger } from '@outlay/contracts';
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
