import { hash } from 'node:crypto';
import type { Purchase } from './parse-row.ts';
import { isPlain } from './row-text.ts';

/**
 * What identifies a purchase across files: all that its row says of it, in a canonical form. Encoding, delimiter, order
 * of the columns, case and blanks make no difference, and neither does what is edited later, as it is taken from the
 * file. Two purchases that are equal in everything share it and are told apart by their ordinal within the file.
 */
export function fingerprintOf(purchase: Purchase): Buffer {
  const { expenseDate, amount, booked, account, tags, unread } = purchase;
  const texts = [purchase.title, purchase.vendor, account?.name ?? '', purchase.category, purchase.project];
  const parts = [
    ...[
      'v1',
      expenseDate,
      String(amount.amountMinor),
      amount.currency,
      booked ? String(booked.amountMinor) : '',
      booked?.currency ?? '',
    ],
    ...[...texts, tags.toSorted().join(','), purchase.description, purchase.sourceId || purchase.reference].map(fold),
    ...unread.map(fold).toSorted(),
  ];
  return digest(parts);
}

/**
 * What identifies a purchase by the id that its source gave it, within the account it was paid from. Some banks write zeros
 * for each id, or that there is none (`NOTPROVIDED` of ISO 20022), which identify nothing.
 */
export function sourceKeyOf({ account, sourceId, sourceSpace }: Purchase): Buffer | undefined {
  if (noId.test(sourceId.trim())) return undefined;
  const parts = ['source', sourceSpace, fold(account?.name ?? ''), sourceId];
  return digest(parts);
}

/** The words numbered, too, as those of a batch are. */
const noId = /^(0*|-+|(none?|null|nil|n\/?a|non-?ref|not ?provided|not ?available|unknown|unbekannt)([-/#. ]\d+)?)$/i;

const digest = (parts: readonly string[]): Buffer => hash('sha256', JSON.stringify(parts), 'buffer').subarray(0, 16);

function fold(text: string): string {
  const composed = isPlain(text) ? text : text.normalize('NFKC');
  return composed.toLowerCase().replaceAll(/\s+/g, ' ').trim();
}
