import { accountKindOf } from './account-kind.ts';
import type { FileFormat } from './file-format.ts';
import { readNumber } from './read-number.ts';
import type { Column } from './recognise-columns.ts';

/** Collects the signs of all rows, then tells what a minus means in each column. */
export interface SignEvidence {
  add(cells: readonly string[]): void;
  conclude(): FileFormat['signs'];
}

/** From so many amounts on, of which four in five are negative, they cannot be refunds. */
const spendingMin = 5;

/**
 * Cards list what was spent as positive and refunds as negative; a bank's statement shows its side of the account, where
 * what was spent is negative. It is told by a column of balances or of bank accounts beside amounts that are mostly
 * negative, or by hardly any being positive. A debit column holds money spent whether its numbers carry a minus or not.
 */
export function gatherSigns(columns: readonly Column[]): SignEvidence {
  const counted = columns.flatMap(({ field, index }) =>
    field in kinds ? [{ index, kind: kinds[field] ?? field }] : [],
  );
  const positive = new Map<string, number>();
  const negative = new Map<string, number>();
  const isStatement = columns.some(
    ({ field, header }) => field === 'balance' || (field === 'account' && accountKindOf(header) === 'bank'),
  );
  const isDirected = columns.some(({ field }) => field === 'direction');
  const isMostlyNegative = (kind: string): boolean => (negative.get(kind) ?? 0) > (positive.get(kind) ?? 0);
  const isHardlyPositive = (kind: string): boolean => {
    const minuses = negative.get(kind) ?? 0;
    return minuses >= spendingMin && minuses >= 4 * (positive.get(kind) ?? 0);
  };
  const showsSpending = (kind: string): boolean => (isStatement ? isMostlyNegative(kind) : isHardlyPositive(kind));

  return {
    add(cells) {
      for (const { kind, index } of counted) {
        const written = readNumber(cells[index] ?? '');
        if (!written || !/[1-9]/.test(written.body)) continue;
        const counts = written.isNegative ? negative : positive;
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
    },
    conclude: () => ({
      amount: !isDirected && showsSpending('amount') ? -1 : 1,
      debit: isMostlyNegative('debit') ? -1 : 1,
      credit: isMostlyNegative('credit') ? 1 : -1,
    }),
  };
}

const kinds: Readonly<Record<string, string>> = {
  ...{ amount: 'amount', original_amount: 'amount', billed_amount: 'amount', debit: 'debit', credit: 'credit' },
};
