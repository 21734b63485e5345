import type { PaymentMethod } from '@outlay/contracts';
import { entryOf, type JournalEntry, type Spending } from './journal-entry.ts';

/**
 * All that must be known of an expense to book it. Empty text means that nothing is known. `amount` is not zero; `booked` is
 * in the tenant's currency and has the same sign, or is zero where the rate leaves nothing (docs/adr/0019); the ids name
 * rows that exist; title is 1 to 200 characters.
 */
export interface BookableExpense extends Spending {
  readonly title: string;
  readonly description: string;
  readonly projectId: string | undefined;
  readonly paymentMethod: PaymentMethod | '';
  readonly tags: readonly string[];
  readonly vendor: string;
}

/** An expense about to enter the books, with the entry that does it. */
export interface Booking {
  readonly expenseId: string;
  readonly userId: string;
  /** The import that brought it, if one did. */
  readonly importId: string | undefined;
  readonly expense: BookableExpense;
  readonly entry: JournalEntry;
}

/**
 * Makes the booking of an expense. `accountCurrency` is that of the expense's account; it matters only where the expense is
 * in another currency than the tenant's.
 */
export const bookExpense = (
  expense: BookableExpense,
  given: { newId: () => string; userId: string; importId?: string; accountCurrency?: string },
): Booking => {
  const expenseId = given.newId();
  return {
    expenseId,
    userId: given.userId,
    importId: given.importId,
    expense,
    entry: entryOf(expense, { entryId: given.newId(), expenseId }, given.accountCurrency),
  };
};
