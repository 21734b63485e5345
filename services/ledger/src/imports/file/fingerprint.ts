import { createHash } from 'node:crypto';
import type { Purchase } from './parse-row.ts';

/**
 * What identifies a purchase across files: all that its row says of it, in a canonical form. Encoding, delimiter, order
 * of the columns, case and blanks make no difference, and neither does what is edited later, as it is taken from the
 * file. Two purchases that are equal in everything share it and are told apart by their ordinal within the file.
 */
export function fingerprintOf(purchase: Purchase): Buffer {
  const { expenseDate, amount, booked, account, tags } = purchase;
  const texts = [purchase.title, purchase.vendor, account?.name ?? '', purchase.category, purchase.project];
  const parts = [
    ...['v1', expenseDate, String(amount.amountMinor), amount.currency, String(booked.amountMinor), booked.currency],
    ...[...texts, tags.toSorted().join(','), purchase.description, purchase.reference].map(fold),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
