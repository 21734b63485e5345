import type { Column } from '../recognise-columns.ts';

/** What is read of a booking of a bank statement, under names of its own, so that a mapping can name them. */
export interface StatementRow {
  date: string;
  valueDate: string;
  amount: string;
  currency: string;
  originalAmount: string;
  originalCurrency: string;
  /** debit or credit; empty where nothing says which. */
  direction: string;
  status: string;
  name: string;
  description: string;
  type: string;
  account: string;
  reference: string;
  id: string;
  /** The id of the booking that this one corrects, and whether it deletes or replaces it. */
  corrects?: string;
  correction?: string;
}

/** Marks what is no spending: money that came in. */
export const statementIncome = 'income';
/** Marks what the bank has announced and not booked. */
export const statementPending = 'pending';

const columns: readonly (readonly [keyof StatementRow, string, Column['field'] | undefined])[] = [
  ['date', 'Date', 'expense_date'],
  ['valueDate', 'Value date', undefined],
  ['amount', 'Amount', 'billed_amount'],
  ['currency', 'Currency', 'billed_currency'],
  ['originalAmount', 'Original amount', 'original_amount'],
  ['originalCurrency', 'Original currency', 'original_currency'],
  ['direction', 'Direction', 'direction'],
  ['status', 'Status', 'status'],
  ['name', 'Name', 'vendor'],
  ['description', 'Description', 'description'],
  ['type', 'Type', 'payment_method'],
  ['account', 'Account number', 'account'],
  ['reference', 'Reference', 'reference'],
  ['id', 'Id', 'source_id'],
  // Behind all others, whose places are stored with what was imported.
  ['corrects', 'Corrects', undefined],
  ['correction', 'Correction', undefined],
];

export const toCells = (row: StatementRow): string[] => columns.map(([key]) => row[key] ?? '');

const placeOf = (key: keyof StatementRow): number => columns.findIndex(([name]) => name === key);

/** Where cells say of which account they are, under which id, and what they correct. */
export const correctionPlaces = {
  ...{ account: placeOf('account'), id: placeOf('id') },
  ...{ corrects: placeOf('corrects'), correction: placeOf('correction') },
} as const;

/** The header that a statement would have were it a table; the account's name says which kind of account it is. */
export const statementHeader = (isCard: boolean): string[] =>
  columns.map(([key, header]) => (key === 'account' && isCard ? 'Card number' : header));

/** What the columns mean where the client does not say. */
export const statementColumns = (header: readonly string[]): Column[] =>
  columns.flatMap(([, , field], index) => (field ? [{ index, header: header[index] ?? '', field }] : []));
