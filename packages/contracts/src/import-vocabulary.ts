/** What a column of a file can say of a purchase. */
export const importFields = [
  ...(['expense_date', 'amount', 'original_amount', 'billed_amount', 'debit', 'credit', 'currency'] as const),
  ...(['original_currency', 'billed_currency', 'direction', 'balance', 'status', 'title', 'vendor'] as const),
  ...(['description', 'tax', 'account', 'category', 'project', 'tags'] as const),
  ...(['payment_method', 'reference', 'source_id'] as const),
] as const;

/** One of them. */
export type ImportField = (typeof importFields)[number];

/** What a file can be. csv: any table of text; outlay: our own export of expenses; the others are statements of banks. */
export const importFileKinds = ['csv', 'outlay', 'ofx', 'camt053'] as const;

/** One of them. */
export type ImportFileKind = (typeof importFileKinds)[number];

/** How the text of a file can be encoded. */
export const importEncodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;

/** One of them. */
export type ImportEncoding = (typeof importEncodings)[number];

/** Which sign money spent has in columns that are neither debit nor credit. */
export const importAmounts = ['spent_positive', 'spent_negative'] as const;

/** What becomes of money that came in: a refund, or nothing, as it is no spending. */
export const importCredits = ['refund', 'skip'] as const;
