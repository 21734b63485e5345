import type { Column } from './recognise-columns.ts';

/** Words of banks and merchants for money that came back. A name of a deposit that is `non-refundable` is none. */
const refund = [
  ...['refund(?:s|ed)?', 'reversals?', 'reversed', 'charge-?backs?', 'remboursements?', 'reembolsos?', 'rimbors[oi]'],
  ...['terugbetaling(?:en)?', '[aå]?terbetaln?ing(?:ar)?', 'storn(?:o|ier)\\p{L}*', 'retouren?\\p{L}*'],
  // Part of many words, as in Rückerstattung.
  '\\p{L}*erstattung(?:en)?',
].join('|');

const inText = new RegExp(
  `(?<!\\p{L}|(?<!\\p{L})non?[-‐–\\s])(?:${refund})(?!\\p{L})(?! (?:office|department|agency)(?!\\p{L}))`,
  'iu',
);
const whole = new RegExp(`^(?:\\p{L}+[ _-])?(?:${refund})$`, 'iu');

/** Whoever is paid by an office of refunds has no refund. */
const pay = /(?<!\p{L})(?:salary|wages?|gehalt|lohn|salaire|n[oó]mina|stipendio|salaris)(?!\p{L})/iu;

const telling: ReadonlySet<Column['field']> = new Set([
  'title',
  'vendor',
  'description',
  'direction',
  'payment_method',
]);

/**
 * Tells whether a row says itself that it is a refund: in the words of its texts, or by a cell that says nothing else, as
 * types of transactions do (`CARD_REFUND`).
 */
export function refundTeller(columns: readonly Column[]): (cells: readonly string[]) => boolean {
  const texts = columns.filter(({ field }) => telling.has(field));
  return (cells) =>
    texts.some(({ index }) => saysRefund(cells[index] ?? '')) || cells.some((cell) => whole.test(cell.trim()));
}

const saysRefund = (text: string): boolean => inText.test(text) && !pay.test(text);
