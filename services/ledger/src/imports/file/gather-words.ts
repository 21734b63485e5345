import { directionOf, isCardPayment } from './direction.ts';
import type { FileFormat } from './file-format.ts';
import { readNumber } from './read-number.ts';
import type { Column } from './recognise-columns.ts';
import { hasText } from './row-text.ts';
import { isStatusKnown } from './status-words.ts';

/** Collects the words of directions and statuses, then tells which of them are not known. */
export interface WordEvidence {
  add(cells: readonly string[]): void;
  conclude(): FileFormat['unknownWords'];
}

/** Words of a column that are named. */
const wordsMax = 5;

/**
 * Words that nobody knows, where they matter: beside others that are known, as a column may say something else altogether, or
 * where the client said what it is; and of directions where no amount has a minus, which would tell it.
 */
export function gatherWords(columns: readonly Column[]): WordEvidence {
  const amounts = columns.filter(({ field }) => amountFields.has(field));
  const isSplit = columns.some(({ field }) => field === 'debit' || field === 'credit');
  const counted = columns
    .filter(({ field }) => field === 'status' || (field === 'direction' && !isSplit))
    .map((column) => ({
      column,
      isKnown: knowledge[column.field],
      words: new Set<string>(),
      rows: 0,
      hasKnown: false,
    }));
  let hasMinus = false;
  return {
    add(cells) {
      if (counted.length === 0) return;
      const written = amounts.map(({ index }) => readNumber(cells[index] ?? '')).filter((one) => one !== undefined);
      if (written.length === 0) return;
      hasMinus ||= written.some(({ isNegative }) => isNegative);
      for (const one of counted) {
        if (!hasText(cells, one.column)) continue;
        const word = (cells[one.column.index] ?? '').trim();
        if (one.isKnown?.(word)) one.hasKnown = true;
        else {
          one.rows++;
          if (one.words.size < wordsMax) one.words.add(word.slice(0, wordLengthMax));
        }
      }
    },
    conclude: () =>
      counted
        .filter(({ column, rows, hasKnown }) => rows > 0 && (hasKnown || column.isGiven))
        .filter(({ column }) => column.field === 'status' || !hasMinus)
        .map(({ column: { header, field }, words, rows }) => ({ header, field, words: [...words], rows })),
  };
}

const wordLengthMax = 40;

const amountFields: ReadonlySet<string> = new Set(['amount', 'original_amount', 'billed_amount', 'debit', 'credit']);

const knowledge: Partial<Record<Column['field'], (word: string) => boolean>> = {
  direction: (word) => directionOf(word) !== undefined || isCardPayment(word),
  status: isStatusKnown,
};
