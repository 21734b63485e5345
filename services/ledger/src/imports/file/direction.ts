import type { FileFormat } from './file-format.ts';
import { foldWords } from './fold-words.ts';

const directions: ReadonlyMap<string, 1 | -1> = new Map([
  ...['d', 'dr', 'debit', 'dbit', 'debet', 's', 'soll', 'af', 'debito', 'sale', 'purchase', 'withdrawal', 'fee'].map(
    (word) => [word, 1] as const,
  ),
  ...['c', 'cr', 'credit', 'crdt', 'kredit', 'h', 'haben', 'bij', 'credito', 'return', 'refund', 'deposit'].map(
    (word) => [word, -1] as const,
  ),
]);

/** Those that files of before version 3 are read without, in small letters without accents and punctuation. */
const cameBack: ReadonlySet<string> = new Set([
  ...['chargeback', 'charge back', 'chargebacks', 'reversal', 'reversed', 'refunded', 'returned'],
  ...[
    'ruckbuchung',
    'rucklastschrift',
    'ruckzahlung',
    'ruckerstattung',
    'erstattung',
    'storno',
    'stornierung',
    'gutschrift',
  ],
  ...['remboursement', 'contre passation', 'contrepassation', 'retrofacturation', 'extourne', 'avoir'],
  ...['devolucion', 'reembolso', 'contracargo', 'retrocesion', 'reversion', 'anulacion'],
  ...['rimborso', 'riaccredito', 'accredito'],
  ...['terugboeking', 'terugbetaling', 'stornering', 'creditering', 'retourboeking', 'aterbetalning'],
]);

/** What a cardholder pays to the issuer, in the column that says sale or return of the other rows. */
export const isCardPayment = (cell: string): boolean =>
  /^(auto ?pay(ment)?|(online |mobile |bill )?payment( received)?|payment[ -]*thank you)$/i.test(cell.trim());

/**
 * What a cell of a debit/credit column says: 1 for money spent, -1 for money that came back; undefined for other words. What
 * was known by the words of an earlier version goes on to be read by them.
 */
export const directionOf = (cell: string, version: FileFormat['version'] = 3): 1 | -1 | undefined =>
  directions.get(cell.trim().toLowerCase()) ?? (version >= 3 && cameBack.has(foldWords(cell)) ? -1 : undefined);
