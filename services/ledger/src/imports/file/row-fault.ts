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
  | 'exchange_rate_missing';

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

  constructor(code: RowFaultCode, column: string, reason: string) {
    super(reason);
    this.name = 'RefusedRow';
    this.fault = { code, column, reason };
  }
}

/** A cell as it may be shown in a reason: short, on one line, without characters that cannot be stored. */
export const quoted = (cell: string): string => {
  const plain = cell.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return `"${plain.length > 40 ? `${plain.slice(0, 39)}…` : plain}"`.toWellFormed();
};
