import { accountKindOf } from './account-kind.ts';
import type { Column } from './recognise-columns.ts';

/** Collects the bank accounts of all rows, then tells whether they can be the account that paid. */
export interface AccountEvidence {
  add(cells: readonly string[]): void;
  conclude(): { isPayer: boolean };
}

const rowsMin = 5;
const distinctMax = 1_000;

/**
 * A statement is of one account or of a few. A column in which the bank account changes from row to row names who was
 * paid, and would make an account of each of them. Cards are as many as the people who carry them, and always pay.
 */
export function gatherAccounts(columns: readonly Column[]): AccountEvidence {
  const column = columns.find(({ field, header }) => field === 'account' && accountKindOf(header) === 'bank');
  const distinct = new Set<string>();
  let rows = 0;
  return {
    add(cells) {
      const account = column && cells[column.index]?.trim();
      if (!account) return;
      rows++;
      if (distinct.size < distinctMax) distinct.add(account);
    },
    conclude: () => ({ isPayer: rows < rowsMin || distinct.size <= Math.max(3, rows / 10) }),
  };
}
