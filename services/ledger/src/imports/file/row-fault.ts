import { recordSizeMax } from './csv-splitter.ts';

/** Why a row cannot be imported; part of the API. */
export type RowFaultCode =
  | 'row_empty'
  | 'row_too_short'
  | 'row_too_long'
  | 'not_completed'
  | 'text_invalid'
  | 'text_too_long'
  | 'date_missing'
  | 'date_invalid'
  | 'date_out_of_range'
  | 'amount_missing'
  | 'amount_invalid'
  | 'amount_zero'
  | 'amount_too_large'
  | 'amount_too_precise'
  | 'currency_unknown'
  | 'exchange_rate_missing'
  // Of the files of those who may not make what they name.
  | 'reference_unknown'
  // Of statements: what it corrects came with another file, if at all.
  | 'correction_unmatched'
  // Of rows that are skipped, as they are no spending.
  | 'corrected'
  | 'income'
  | 'not_booked'
  | 'not_in_books';

/** What is wrong with a row. */
export interface RowFault {
  code: RowFaultCode;
  /** Header of the column at fault; empty where it is the row as a whole. */
  column: string;
  /** For people. */
  reason: string;
}

/** Thrown while a row is parsed, and turned into the row's fate at the end of it. */
export class RefusedRow extends Error {
  readonly fault: RowFault;
  /** There is nothing wrong with the row: it is no spending. */
  readonly isSkipped: boolean;

  constructor(code: RowFaultCode, column: string, reason: string, isSkipped = false) {
    // A file may have millions of them, and each stack takes longer than the row.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'RefusedRow';
    this.fault = { code, column, reason };
    this.isSkipped = isSkipped;
  }
}

export const skippedRow = (code: RowFaultCode, column: string, reason: string): RefusedRow =>
  new RefusedRow(code, column, reason, true);

/** Of lines that are too long nothing is read. */
export function refuseWithoutCells(cells: readonly string[]): void {
  if (cells.length > 0) return;
  throw new RefusedRow('row_too_long', '', `the line has more than ${recordSizeMax.toLocaleString('en')} characters`);
}

/** A cell as it may be shown in a reason: short, on one line, without characters that cannot be stored. */
export const quoted = (cell: string): string => {
  const plain = cell.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return `"${plain.length > 40 ? `${plain.slice(0, 39)}…` : plain}"`.toWellFormed();
};
