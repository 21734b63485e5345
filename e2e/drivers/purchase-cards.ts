import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** The months of the purchase-card files and how each separates its cells. */
export const purchaseCardFiles = [
  { month: '2016-12', delimiter: ';' },
  { month: '2017-01', delimiter: ';' },
  { month: '2017-05', delimiter: ';' },
  { month: '2017-09', delimiter: ',' },
] as const;

export type PurchaseCardFile = (typeof purchaseCardFiles)[number];

export const readPurchaseCards = ({ month }: PurchaseCardFile): Buffer =>
  readFileSync(
    new URL(
      `../../services/ledger/test/fixtures/purchase-cards/purchase-card-transactions-${month.replace('-', '')}.csv`,
      import.meta.url,
    ),
  );

interface Figures {
  total: string;
  count: number;
}

/** What one month of a file adds up to, worked out without any code of the platform. */
export interface ExpectedSummary extends Figures {
  refunds: Figures;
  byCategory: Record<string, Figures>;
  byProject: Record<string, Figures>;
  byAccount: Record<string, Figures>;
}

/** Adds up the rows of a file that were billed in a month; `month` is YYYY-MM. */
export const expectedSummary = (file: PurchaseCardFile, month: string): ExpectedSummary => {
  const [header = [], ...rows] = parse(new TextDecoder('windows-1252').decode(readPurchaseCards(file)), {
    delimiter: file.delimiter,
    trim: true,
  }) as string[][];
  const column = (name: string) => header.findIndex((cell) => cell.toUpperCase() === name);
  const billed = column('BILLING GROSS AMT');
  const amountColumn = billed >= 0 ? billed : column('ORIGINAL GROSS AMT');
  const inMonth = rows.flatMap((row) => {
    const [, monthOfRow, year] = (row[column('TRANS DATE')] ?? '').split('/');
    const pence = Math.round(Number((row[amountColumn] ?? '').replaceAll(',', '')) * 100);
    return `20${year}-${monthOfRow}` === month ? [{ row, pence }] : [];
  });
  const figures = (entries: { pence: number }[]): Figures => ({
    total: (entries.reduce((sum, entry) => sum + entry.pence, 0) / 100).toFixed(2),
    count: entries.length,
  });
  const by = (name: string): Record<string, Figures> => {
    const groups = Map.groupBy(inMonth, ({ row }) => row[column(name)] ?? '');
    return Object.fromEntries([...groups].map(([key, entries]) => [key, figures(entries)]));
  };
  return {
    ...figures(inMonth),
    refunds: figures(inMonth.filter(({ pence }) => pence < 0)),
    byCategory: by('TRANS CAC DESC 1'),
    byProject: by('TRANS CAC DESC 2'),
    byAccount: by('CARD NUMBER'),
  };
};
