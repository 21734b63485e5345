import { formatAmount } from '@outlay/platform';
import { csvLine, defused, joined } from './write-csv.ts';

/** An expense as it is exported, with all that is needed to make it again elsewhere. */
export interface ExportedRow {
  id: string;
  expense_date: string;
  currency: string;
  amount_minor: bigint;
  booked_currency: string;
  booked_amount_minor: bigint;
  rate: string;
  rate_source: string;
  rate_date: string;
  title: string;
  description: string;
  category_name: string | null;
  /** From the root of the tree to the category. */
  category_path: string[] | null;
  account_name: string | null;
  account_kind: string | null;
  account_currency: string | null;
  project_name: string | null;
  payment_method: string;
  tags: string[];
  vendor: string;
  status: string;
  user_id: string;
  created_at: Date;
}

const columns: readonly (readonly [string, (row: ExportedRow) => string])[] = [
  ['id', (row) => row.id],
  ['expense_date', (row) => row.expense_date],
  ['amount', (row) => formatAmount(row.amount_minor, row.currency)],
  ['currency', (row) => row.currency],
  ['booked_amount', (row) => formatAmount(row.booked_amount_minor, row.booked_currency)],
  ['booked_currency', (row) => row.booked_currency],
  ['exchange_rate', (row) => row.rate],
  ['rate_source', (row) => row.rate_source],
  ['rate_date', (row) => row.rate_date],
  ['title', (row) => defused(row.title)],
  ['description', (row) => defused(row.description)],
  ['category', (row) => defused(row.category_name ?? '')],
  ['category_path', (row) => defused(joined(row.category_path ?? [], '/'))],
  ['account', (row) => defused(row.account_name ?? '')],
  ['account_kind', (row) => row.account_kind ?? ''],
  ['account_currency', (row) => row.account_currency ?? ''],
  ['project', (row) => defused(row.project_name ?? '')],
  ['payment_method', (row) => row.payment_method],
  ['tags', (row) => defused(joined(row.tags, ';'))],
  ['vendor', (row) => defused(row.vendor)],
  ['status', (row) => row.status],
  ['user_id', (row) => row.user_id],
  ['created_at', (row) => row.created_at.toISOString()],
];

/** The first line of an export: src/imports/file/export-columns.ts knows it again. */
export const exportHeadLine = csvLine(columns.map(([name]) => name));

export const expenseLine = (row: ExportedRow): string => csvLine(columns.map(([, cellOf]) => cellOf(row)));
