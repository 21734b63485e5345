import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

const months = ['201612', '201701', '201705', '201709'];

/** What the file says, in a few lines that share nothing with the importer. */
function readPlainly(bytes: Buffer) {
  const text = new TextDecoder('latin1').decode(bytes).replaceAll('\u0096', '–');
  const [head = '', ...lines] = text.split('\n').filter((line) => line !== '');
  const split = (line: string) =>
    head.includes(';') ? line.split(';') : [...line.matchAll(/("[^"]*"|[^,]*)(?:,|$)/g)].map((match) => match[1] ?? '');
  const names = split(head).map((name) => name.trim());
  const records = lines.map((line) => {
    const cells = split(line).map((cell) => cell.replaceAll('"', '').trim());
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
  const pence = (amount: string) => Math.round(Number(amount.replaceAll(',', '')) * 100);
  return records
    .filter((record) => record['ORIGINAL GROSS AMT'] !== '')
    .map((record) => ({
      currency: record['ORIGINAL CUR'] ?? 'GBP',
      original: pence(record['ORIGINAL GROSS AMT'] ?? ''),
      booked: pence(record['BILLING GROSS AMT'] ?? record['ORIGINAL GROSS AMT'] ?? ''),
      category: record['TRANS CAC DESC 1'] ?? '',
      project: record['TRANS CAC DESC 2'] ?? '',
      account: record['CARD NUMBER'] ?? '',
      month: (record['TRANS DATE'] ?? '').replace(/(..)\/(..)\/(..)/, '20$3-$2'),
    }));
}

type Row = ReturnType<typeof readPlainly>[number];

function totals(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  amountOf: (row: Row) => number = (row) => row.booked,
) {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0) + amountOf(row));
  return Object.fromEntries([...sums].toSorted());
}

describe('a purchase-card file', () => {
  let driver: ImportDriver;
  beforeAll(async () => {
    driver = await startImports();
  });
  afterAll(() => driver.stop());

  it.each(months)(
    'of %s is booked to the penny, and adds nothing when it comes again',
    async (month) => {
      const bytes = await fixture(`purchase-cards/purchase-card-transactions-${month}.csv`);
      const rows = readPlainly(bytes);
      const context = await driver.tenant();
      const other = await driver.tenant();

      const first = await driver.take(context, bytes);

      const emptyRows = month === '201705' ? 1 : 0;
      expect(first).toMatchObject({
        rowsTotal: rows.length + emptyRows,
        rowsDone: rows.length + emptyRows,
        imported: rows.length,
        duplicates: 0,
        refused: emptyRows,
      });
      const total = async (key: string, value = 'expenses.booked_amount_minor') => {
        const { rows: found } = await driver.admin.query<{ key: string | null; total: string }>(
          `select ${key} as key, sum(${value}) as total
         from ledger.expenses
         left join ledger.categories on categories.tenant_id = expenses.tenant_id and categories.id = expenses.category_id
         left join ledger.projects on projects.tenant_id = expenses.tenant_id and projects.id = expenses.project_id
         left join ledger.accounts on accounts.tenant_id = expenses.tenant_id and accounts.id = expenses.account_id
         where expenses.tenant_id = $1 and expenses.status = 'posted'
         group by key`,
          [context.tenantId],
        );
        return Object.fromEntries(found.map((row) => [row.key ?? '', Number(row.total)]).toSorted());
      };
      expect(await total('expenses.currency', 'expenses.amount_minor')).toEqual(
        totals(
          rows,
          (row) => row.currency,
          (row) => row.original,
        ),
      );
      expect(await total('categories.name')).toEqual(totals(rows, (row) => row.category));
      expect(await total('projects.name')).toEqual(totals(rows, (row) => row.project));
      expect(await total('accounts.name')).toEqual(totals(rows, (row) => row.account));
      expect(await total("to_char(expenses.expense_date, 'YYYY-MM')")).toEqual(totals(rows, (row) => row.month));
      const { rows: counts } = await driver.admin.query(
        `select count(*)::int as expenses, count(*) filter (where booked_amount_minor < 0)::int as refunds,
         count(*) filter (where rate_source = 'billed' and currency <> 'GBP' and rate > 0)::int as foreign_rows
       from ledger.expenses where tenant_id = $1 and import_id = $2`,
        [context.tenantId, first.id],
      );
      expect(counts[0]).toEqual({
        expenses: rows.length,
        refunds: rows.filter((row) => row.booked < 0).length,
        foreign_rows: rows.filter((row) => row.currency !== 'GBP').length,
      });

      const again = await driver.take(context, bytes);
      expect(again).toMatchObject({ imported: 0, duplicates: rows.length, refused: emptyRows });
      expect(await total("'all'")).toEqual({ all: rows.reduce((sum, row) => sum + row.booked, 0) });
      const { rows: strangers } = await driver.admin.query(
        'select from ledger.expenses where tenant_id = $1 union all select from ledger.imports where tenant_id = $1',
        [other.tenantId],
      );
      expect(strangers).toHaveLength(0);
    },
    60_000,
  );
});
