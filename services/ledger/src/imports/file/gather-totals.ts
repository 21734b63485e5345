import type { FileFormat } from './file-format.ts';
import { foldWords } from './fold-words.ts';
import { readNumber } from './read-number.ts';
import type { Column } from './recognise-columns.ts';
import { hasText } from './row-text.ts';

/** Collects rows that may be sums of others, or balances. */
export interface TotalEvidence {
  add(cells: readonly string[], hasDate: boolean): void;
  conclude(): Pick<FileFormat, 'totals'>;
}

const names: ReadonlySet<Column['field']> = new Set(['title', 'vendor', 'description']);
const sums: ReadonlySet<Column['field']> = new Set(['amount', 'billed_amount', 'original_amount', 'debit', 'credit']);

/** Texts that are named. */
const wordsMax = 3;

/** Rows with a date and an amount whose texts all say nothing but that it is a sum or a balance; a shop may be called so. */
export function gatherTotals(columns: readonly Column[]): TotalEvidence {
  const texts = columns.filter(({ field }) => names.has(field));
  const amounts = columns.filter(({ field }) => sums.has(field));
  const words = new Set<string>();
  let rows = 0;
  return {
    add(cells, hasDate) {
      const said = texts.filter((column) => hasText(cells, column)).map(({ index }) => (cells[index] ?? '').trim());
      const [first] = said;
      if (first === undefined || !hasDate || !said.every(isTotal)) return;
      if (!amounts.some(({ index }) => readNumber(cells[index] ?? ''))) return;
      rows++;
      if (words.size < wordsMax) words.add(first);
    },
    conclude: () => (rows === 0 ? {} : { totals: { rows, words: [...words] } }),
  };
}

/** No such text is longer. */
const lengthMax = 60;

const total = (() => {
  const balances = ['opening|closing|starting|ending|beginning|final|initial|previous|new|current|available|statement']
    .concat('old|account')
    .join('|');
  const words = [
    ...[
      '(?:grand |sub ?)?totals?',
      'sum',
      'summe',
      'suma',
      'summa',
      'somme',
      'gesamt(?:summe|betrag)?',
      'zwischensumme',
    ],
    ...[
      'endsumme',
      '(?:sous )?total(?: general)?',
      'totale(?: generale)?',
      '(?:sub)?totaal',
      `(?:(?:${balances}) )?balance`,
    ],
    ...[
      'balance (?:brought|carried) (?:forward|down)',
      '(?:alter |neuer )?(?:saldo|kontostand)',
      'saldo(?:vortrag|ubertrag)',
    ],
    ...['(?:anfangs|end|schluss|eroffnungs|abschluss|begin|eind)(?:saldo|bestand)', 'ubertrag'],
    ...['(?:ancien |nouveau )?solde(?: (?:initial|final|precedent|anterieur|crediteur|debiteur))?'],
    ...['saldo (?:inicial|final|anterior|iniziale|finale|precedente|contabile|disponibile|disponible)'],
    ...['(?:ingaende|utgaende) (?:saldo|balans)'],
  ];
  return new RegExp(`^(?:${words.join('|')})(?: (?:per|am|vom|zum|as of|as at|on|at|au|al|del|op))?(?: \\d+)*$`);
})();

/** What all of them have; most texts do not, and all the rest is not worth the time for them. */
const hint = /tot|sald|sold|sum|somm|bal|bestand|kontostand|gesamt|bertrag/i;

const isTotal = (text: string): boolean => text.length <= lengthMax && hint.test(text) && total.test(foldWords(text));
