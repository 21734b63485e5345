/**
 * Accounts of the chart that every tenant has, with the same ids as in the view ledger_accounts. A category's ledger
 * account has the category's id, an account's has the account's.
 */
export const ledgerAccounts = {
  /** Expense: spent on nothing that was named. */
  uncategorised: '00000000-0000-7000-8000-000000000001',
  /** Asset: paid from an account that was not named. */
  unassigned: '00000000-0000-7000-8000-000000000002',
  /** Equity: what one currency gave and another took; makes each currency of an entry sum to zero. */
  exchange: '00000000-0000-7000-8000-000000000003',
  /** Equity: what accounts held before their first expense. */
  opening: '00000000-0000-7000-8000-000000000004',
} as const;
