/** How an expense can be paid. */
export const paymentMethods = [
  'cash',
  'credit_card',
  'debit_card',
  'bank_transfer',
  'direct_debit',
  'check',
  'digital_wallet',
  'other',
] as const;

/** One of them. */
export type PaymentMethod = (typeof paymentMethods)[number];
