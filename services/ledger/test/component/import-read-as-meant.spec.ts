import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const header = 'Date,Amount,Description';
const fileOf = (...rows: readonly string[]): string => `${[header, ...rows].join('\n')}\n`;

describe('a file of a few amounts, all with a minus', () => {
  const two = ['2025-03-13,-12.50,Coffee', '2025-03-14,-80.00,Train'];

  it('is taken as spent, which its preview says, with the mapping that makes refunds of it', async () => {
    const context = await driver.tenant();

    const seen = await driver.preview(context, fileOf(...two));
    const other = await driver.preview(context, fileOf(...two), { mapping: { amounts: 'spent_positive' } });

    expect(seen.preview).toMatchObject({ spent: { amountMinor: 9_250n }, refunded: { amountMinor: 0n } });
    expect(seen.preview!.warnings).toEqual([
      {
        ...{ code: 'sign_assumed', column: 'Amount', rows: 0 },
        message: expect.stringMatching(/All amounts have a minus.*as spent.*\{"amounts":"spent_positive"\}/),
      },
    ]);
    expect(other.preview).toMatchObject({
      ...{ spent: { amountMinor: 0n }, refunded: { amountMinor: 9_250n }, warnings: [] },
    });
  });

  it('has nothing that a longer one brings again', async () => {
    const context = await driver.tenant();

    await driver.take(context, fileOf(two[0]!));
    await driver.take(context, fileOf(...two));
    const third = await driver.take(context, fileOf(...two, '2025-03-15,-7.00,Book'));

    expect(third).toMatchObject({ imported: 1, duplicates: 2 });
    expect(await driver.spent(context)).toEqual({ Coffee: 1_250, Train: 8_000, Book: 700 });
  });
});

describe('a quote that is opened and not closed', () => {
  it('is booked as text of its row, the others as they are quoted, and a preview names its line', async () => {
    const context = await driver.tenant();
    const file = fileOf('2025-03-13,5.00,"Lunch, team"', '2025-03-14,7.00,"oops');

    const seen = await driver.preview(context, file);
    await driver.commit(context, seen.id);

    expect(seen.preview!.warnings).toEqual([
      { code: 'quote_unclosed', column: '', rows: 1, message: expect.stringContaining('1 row (line 3)') },
    ]);
    expect(await driver.spent(context)).toEqual({ 'Lunch, team': 500, '"oops': 700 });
  });

  it('is said nowhere of a file whose quotes are closed', async () => {
    const seen = await driver.preview(await driver.tenant(), fileOf('2025-03-13,5.00,"Lunch, team"'));
    expect([seen.fresh, seen.preview!.warnings]).toEqual([1, []]);
  });
});

describe('dates whose day may be the month', () => {
  const file = fileOf('01/02/2025,1.00,a', '03/04/2025,2.00,b');

  it('are said to be, with the mapping that has them otherwise', async () => {
    const context = await driver.tenant();

    const seen = await driver.preview(context, file);
    const other = await driver.preview(context, file, { mapping: { dateFormat: 'MM/DD/YYYY' } });

    expect(seen.preview).toMatchObject({ firstDate: '2025-02-01', lastDate: '2025-04-03' });
    expect(seen.preview!.warnings).toEqual([
      {
        ...{ code: 'date_order_assumed', column: 'Date', rows: 0 },
        message: expect.stringMatching(/taken as DD\/MM\/YYYY.*\{"date_format":"MM\/DD\/YYYY"\}/),
      },
    ]);
    expect(other.preview).toMatchObject({ firstDate: '2025-01-02', lastDate: '2025-03-04', warnings: [] });
  });

  it.each(['DD.MM.YYYY', 'MM/DD/YYYY'])('are what the tenant says, who writes %s', async (dateFormat) => {
    const context = await driver.tenant();
    await driver.admin.query('update ledger.tenants set date_format = $2 where tenant_id = $1', [
      context.tenantId,
      dateFormat,
    ]);

    expect((await driver.preview(context, file)).preview!.warnings).toEqual([]);
  });
});

describe('a column of amounts beside debits and credits', () => {
  const file = 'Date,Merchant,Debit,Credit,Amount\n2025-01-01,b,10.00,,12.00\n';

  it('is said not to be read, with the mapping that has it in their place', async () => {
    const context = await driver.tenant();

    const seen = await driver.preview(context, file);
    const other = await driver.preview(context, file, { mapping: { columns: { Amount: 'amount' } } });

    expect(seen.preview).toMatchObject({ spent: { amountMinor: 1_000n } });
    expect(seen.preview!.warnings).toEqual([
      {
        ...{ code: 'money_ignored', column: 'Amount', rows: 0 },
        message: expect.stringMatching(/"Debit".*"Credit".*{"Debit":null,"Credit":null,"Amount":"amount"}/),
      },
    ]);
    expect(other.preview).toMatchObject({ spent: { amountMinor: 1_200n }, warnings: [] });
  });

  it('is said so of one that the mapping calls the amount beside them', async () => {
    const columns = { Amount: 'amount', Debit: 'debit' };
    const seen = await driver.preview(await driver.tenant(), file, { mapping: { columns } });
    expect(seen.preview!.warnings).toMatchObject([{ code: 'column_ignored', column: 'Amount' }]);
  });
});

describe('words that are not known', () => {
  it('of a status are named, with what their rows are taken for', async () => {
    const file = 'Date,Merchant,Status,Amount\n2025-05-01,a,Approved,1.00\n2025-05-01,b,Disputed,2.00\n';

    const seen = await driver.preview(await driver.tenant(), file);

    expect(seen).toMatchObject({ fresh: 2 });
    expect(seen.preview!.warnings).toEqual([
      {
        ...{ code: 'word_unknown', column: 'Status', rows: 1 },
        message: expect.stringMatching(/1 row says in "Status" what is not known \("Disputed"\).*booked/),
      },
    ]);
  });
});

describe('rows that may be a sum of others', () => {
  it('are taken as purchases, as a shop may be called so, and named', async () => {
    const file = 'Date,Merchant,Amount\n2025-05-01,a,1.00\n2025-05-02,Total,1.00\n2025-05-02,Balance,9.00\n';

    const seen = await driver.preview(await driver.tenant(), file);

    expect(seen).toMatchObject({ fresh: 3 });
    expect(seen.preview!.warnings).toEqual([
      {
        ...{ code: 'totals_booked', column: '', rows: 2 },
        message: expect.stringMatching(/2 rows say nothing but "Total", "Balance".*taken as a purchase/),
      },
    ]);
  });
});
