import { ledgerAccounts } from './ledger-account.ts';
import { type AppliedRate, isSameMoney, isSameRate, type Money } from './money.ts';

/** One line of an entry. Debits are positive, credits negative. */
export interface Posting {
  readonly ledgerAccountId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** Why an entry was made: a restatement books an expense anew at a corrected rate, an opening is of an account. */
export type EntryKind = 'expense' | 'reversal' | 'restatement' | 'opening';

/** An immutable fact of the books: two postings or more that sum to zero in each currency. */
export interface JournalEntry {
  readonly id: string;
  readonly kind: EntryKind;
  /** Undefined of an opening balance, and of its reversal. */
  readonly expenseId: string | undefined;
  /** The entry that a reversal takes back. */
  readonly reversesEntryId: string | undefined;
  /** The day it counts for, YYYY-MM-DD. */
  readonly effectiveDate: string;
  /** What was paid, in the shop's currency, and how it was brought into the tenant's. */
  readonly amount: Money;
  readonly rate: AppliedRate;
  readonly postings: readonly Posting[];
}

/** What an entry is made of. */
export interface Spending {
  readonly amount: Money;
  readonly booked: Money;
  readonly rate: AppliedRate;
  readonly expenseDate: string;
  readonly categoryId: string | undefined;
  readonly accountId: string | undefined;
}

/**
 * The entry that books a spending: its category is debited in the tenant's currency. The account is credited in that
 * currency too, unless it is kept in the very currency that was paid: then that is what left it, and the exchange
 * account stands between the two. A refund is the same with the signs turned round.
 */
export const entryOf = (
  spending: Spending,
  ids: { entryId: string; expenseId: string },
  accountCurrency?: string,
): JournalEntry => {
  const { amount, booked, rate } = spending;
  const category = spending.categoryId ?? ledgerAccounts.uncategorised;
  const account = spending.accountId ?? ledgerAccounts.unassigned;
  const isPaidAbroad = amount.currency !== booked.currency && accountCurrency === amount.currency;
  return {
    id: ids.entryId,
    kind: 'expense',
    expenseId: ids.expenseId,
    reversesEntryId: undefined,
    effectiveDate: spending.expenseDate,
    amount,
    rate,
    postings: isPaidAbroad
      ? [...move(booked, category, ledgerAccounts.exchange), ...move(amount, ledgerAccounts.exchange, account)]
      : move(booked, category, account),
  };
};

/**
 * Whether an entry is the one of a spending, in all that an entry says of it, posting by posting. Of what was paid abroad
 * both ways are its own: which one it was depends on the account.
 */
export const isEntryOf = (entry: JournalEntry, spending: Spending): boolean => {
  const ids = { entryId: entry.id, expenseId: entry.expenseId ?? '' };
  return (
    isSameMoney(entry.amount, spending.amount) &&
    isSameRate(entry.rate, spending.rate) &&
    entry.effectiveDate === spending.expenseDate &&
    [undefined, spending.amount.currency].some((accountCurrency) =>
      arePostings(entry.postings, entryOf(spending, ids, accountCurrency).postings),
    )
  );
};

const arePostings = (left: readonly Posting[], right: readonly Posting[]): boolean =>
  left.length === right.length &&
  left.every((posting, index) => {
    const other = right[index];
    return other !== undefined && isSameMoney(posting, other) && posting.ledgerAccountId === other.ledgerAccountId;
  });

/** Whether an entry has two postings or more that sum to zero in each currency, as each one had when it was made. */
export const isBalanced = ({ postings }: JournalEntry): boolean => {
  const sums = new Map<string, bigint>();
  for (const { currency, amountMinor } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + amountMinor);
  return postings.length >= 2 && [...sums.values()].every((sum) => sum === 0n);
};

/** The entry that books an expense anew at a corrected rate, for the same day. */
export const restatementOf = (
  spending: Spending,
  ids: { entryId: string; expenseId: string },
  accountCurrency?: string,
): JournalEntry => ({ ...entryOf(spending, ids, accountCurrency), kind: 'restatement' });

/** What an account held on a day, in its own currency; negative where it was owed. */
export interface OpeningBalance {
  readonly amount: Money;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** The entry that says what an account held before its first expense: nothing is converted, so it needs no rate. */
export const openingOf = (
  { amount, date }: OpeningBalance,
  { entryId, accountId }: { entryId: string; accountId: string },
): JournalEntry => ({
  id: entryId,
  kind: 'opening',
  expenseId: undefined,
  reversesEntryId: undefined,
  effectiveDate: date,
  amount,
  rate: { rate: '1', source: 'identity', date },
  postings: move(amount, accountId, ledgerAccounts.opening),
});

/** The entry that takes another one back: the same postings with their signs turned round, for the same day. */
export const reversalOf = (entry: JournalEntry, id: string): JournalEntry => ({
  ...entry,
  id,
  kind: 'reversal',
  reversesEntryId: entry.id,
  postings: entry.postings.map((posting) => ({ ...posting, amountMinor: -posting.amountMinor })),
});

const move = ({ currency, amountMinor }: Money, to: string, from: string): Posting[] => [
  { ledgerAccountId: to, currency, amountMinor },
  { ledgerAccountId: from, currency, amountMinor: -amountMinor },
];
