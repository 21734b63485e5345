import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { processImport } from '../../src/imports/process-import.ts';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const file = `Date;Merchant;Amount;Currency;Category;Project;Card
01/02/2024;paper;12.50;GBP;Stationery;Library;**1
01/02/2024;paper;12.50;GBP;Stationery;Library;**1
02/02/2024;bakery;-2.50;GBP;Food;Library;**2
03/02/2024;abroad;10.00;CHF;Food;Library;**2
32/02/2024;nowhere;1.00;GBP;Food;Library;**2
`;

const planOf = (context: TenantContext, limits: Record<string, number>) =>
  driver.admin.query('update ledger.tenants set entitlements = $2, plan = $3 where tenant_id = $1', [
    context.tenantId,
    JSON.stringify(Object.entries(limits).map(([metric, limit]) => ({ metric, limit: String(limit), mode: 'hard' }))),
    'basic',
  ]);

const countOf = async (context: TenantContext, table: string): Promise<number> => {
  const { rows } = await driver.admin.query(`select count(*)::int as count from ledger.${table} where tenant_id = $1`, [
    context.tenantId,
  ]);
  return rows[0].count;
};

describe('a preview', () => {
  it('tells what booking would come to, row by row, and books nothing', async () => {
    const context = await driver.tenant();
    await driver.take(context, file.split('\n').slice(0, 2).join('\n'));
    const before = await driver.spent(context);

    const seen = await driver.preview(context, file);

    expect(seen).toMatchObject({
      ...{ dryRun: true, rowsTotal: 5, fresh: 2, imported: 0, duplicates: 1, refused: 2 },
      preview: {
        spent: { currency: 'GBP', amountMinor: 1_250n },
        refunded: { currency: 'GBP', amountMinor: 250n },
        ...{ firstDate: '2024-02-01', lastDate: '2024-02-02', limits: [] },
        newAccounts: { count: 1, names: ['**2'] },
        newCategories: { count: 1, names: ['Food'] },
        newProjects: { count: 0, names: [] },
      },
    });
    const rows = await driver.rows(context, seen.id);
    expect(rows.map(({ line, fate, column, code }) => [line, fate, column, code])).toEqual([
      [2, 'duplicate', '', ''],
      [3, 'new', '', ''],
      [4, 'new', '', ''],
      [5, 'refused', 'Amount', 'exchange_rate_missing'],
      [6, 'refused', 'Date', 'date_invalid'],
    ]);
    expect(await driver.spent(context)).toEqual(before);
    expect(await countOf(context, 'categories')).toBe(1);
  });

  it('is booked from what was kept, with what is a duplicate decided again', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    const seen = await driver.preview(context, file);
    await driver.take(context, file.split('\n').slice(0, 2).join('\n'));

    const done = await driver.commit(context, seen.id);

    expect(seen).toMatchObject({ fresh: 3, duplicates: 0 });
    expect(done).toMatchObject({ dryRun: false, fresh: 0, imported: 2, duplicates: 1, refused: 2 });
    expect(await driver.spent(context)).toEqual({ bakery: -250, paper: 2_500 });
    expect((await driver.rows(context, seen.id)).map(({ fate }) => fate)).toEqual([
      ...['duplicate', 'imported', 'imported', 'refused', 'refused'],
    ]);
    expect(await driver.spent(other)).toEqual({});
  });

  describe('in a currency that the tenant has no more', () => {
    const amounts = 'date,merchant,amount\n2025-01-15,tea,1.50\n';
    const currencyOf = (context: TenantContext, currency: string) =>
      driver.admin.query('update ledger.tenants set currency = $2 where tenant_id = $1', [context.tenantId, currency]);

    it('is not booked, until the tenant has it again', async () => {
      const context = await driver.tenant('EUR');
      const { id } = await driver.preview(context, amounts);
      await currencyOf(context, 'JPY');

      await expect(driver.imports.handlers.commitImport(context, { importId: id })).rejects.toMatchObject({
        ...{ kind: 'conflict', code: 'preview_outdated' },
        message: expect.stringContaining('made in EUR, and the currency of the tenant is JPY'),
      });
      await currencyOf(context, 'EUR');

      expect(await driver.commit(context, id)).toMatchObject({ imported: 1 });
      expect(await driver.spent(context)).toEqual({ tea: 150 });
    });

    it('fails where it changes between the commit and the first row', async () => {
      const idle = await startImports({ withWorker: false });
      try {
        const context = await idle.tenant('EUR');
        const { id } = await idle.send(context, amounts, { dryRun: true });
        await processImport(idle.work, context.tenantId, id);
        await idle.imports.handlers.commitImport(context, { importId: id });
        await idle.admin.query("update ledger.tenants set currency = 'USD' where tenant_id = $1", [context.tenantId]);

        await processImport(idle.work, context.tenantId, id);

        const failed = await idle.finished(context, id, 'failed');
        expect(failed).toMatchObject({ failureCode: 'preview_outdated', imported: 0 });
        expect(await idle.spent(context)).toEqual({});
      } finally {
        await idle.stop();
      }
    });
  });

  it('keeps how its dates are read when the tenant writes them otherwise', async () => {
    const context = await driver.tenant();
    const { id } = await driver.preview(context, 'date,merchant,amount\n03/04/2025,tea,1.50\n');
    await driver.admin.query("update ledger.tenants set date_format = 'MM/DD/YYYY' where tenant_id = $1", [
      context.tenantId,
    ]);

    await driver.commit(context, id);

    const { rows } = await driver.admin.query(
      'select expense_date::text as date from ledger.expenses where tenant_id = $1',
      [context.tenantId],
    );
    expect(rows).toEqual([{ date: '2025-04-03' }]);
  });

  it('is committed once, however often it is asked for', async () => {
    const context = await driver.tenant();
    const seen = await driver.preview(context, file);

    await Promise.all([driver.commit(context, seen.id), driver.commit(context, seen.id)]);
    await driver.commit(context, seen.id);

    expect(await driver.spent(context)).toEqual({ bakery: -250, paper: 2_500 });
  });

  it('cannot be committed by others, nor where there is none', async () => {
    const [context, other] = [await driver.tenant('GBP', 'member'), await driver.tenant()];
    const seen = await driver.preview(context, file);
    const colleague: TenantContext = { ...context, actor: { ...context.actor, id: other.actor.id } };
    const done = await driver.take(context, file);

    for (const stranger of [colleague, other]) {
      await expect(driver.imports.handlers.commitImport(stranger, { importId: seen.id })).rejects.toMatchObject({
        code: 'import_not_found',
      });
    }
    await expect(driver.imports.handlers.commitImport(context, { importId: done.id })).rejects.toMatchObject({
      code: 'import_not_previewed',
    });
  });
});

describe("the preview of a bank's statement", () => {
  const statement = [
    'Date,Description,Amount,Balance',
    ...['2024-01-02,SALARY,3000.00,3100.00', '2024-01-03,rent,-800.00,2300.00', '2024-01-04,bonus,50.00,2350.00'],
    ...['2024-01-05,tea,-4.20,2345.80', '2024-01-06,Refund tea,4.20,2350.00', ''],
  ].join('\n');

  it('counts what came in as skipped, and says how to have it', async () => {
    const context = await driver.tenant();

    const seen = await driver.preview(context, statement);

    expect(seen).toMatchObject({ fresh: 3, skipped: 2, format: { credits: 'skip', amounts: 'spent_negative' } });
    expect(seen.preview).toMatchObject({ spent: { amountMinor: 80_420n }, refunded: { amountMinor: 420n } });
    expect(seen.preview!.warnings).toEqual([
      { code: 'credits_skipped', column: '', rows: 2, message: expect.stringMatching(/2 rows.*"credits": "refund"/) },
    ]);
    expect(await driver.commit(context, seen.id)).toMatchObject({ imported: 3, skipped: 2 });
  });

  it('has it where the mapping says so, and says nothing of what was asked for', async () => {
    const context = await driver.tenant();

    const refunds = await driver.preview(context, statement, { mapping: { credits: 'refund' } });
    const skipped = await driver.preview(context, statement, { mapping: { credits: 'skip' } });

    expect(refunds).toMatchObject({ fresh: 5, skipped: 0, preview: { refunded: { amountMinor: 305_420n } } });
    expect([refunds, skipped].map(({ preview }) => preview!.warnings)).toEqual([[], []]);
  });

  it('goes by what the mapping says of the signs', async () => {
    const context = await driver.tenant();
    const file = [
      'Date,Description,Amount,IBAN',
      ...['2024-01-02,invoice 1,900.00,GB01', '2024-01-03,invoice 2,50.00,GB01', '2024-01-04,rent,-800.00,GB01', ''],
    ].join('\n');

    const seen = await driver.preview(context, file, { mapping: { amounts: 'spent_negative' } });

    expect(seen).toMatchObject({ fresh: 1, skipped: 2, preview: { spent: { amountMinor: 80_000n } } });
  });

  it('says what it takes a minus for where nothing but their number tells, and how to have it the other way', async () => {
    const context = await driver.tenant();
    const rows = ['-40.00', '500.00', '-30.00', '-20.00', '20.00'].map((sum, day) => `2024-01-1${day},text,${sum}`);
    const file = ['Date,Description,Amount', ...rows, ''].join('\n');

    const seen = await driver.preview(context, file);
    const other = await driver.preview(context, file, { mapping: { amounts: 'spent_positive' } });
    const again = await driver.preview(context, file, { mapping: seen.format! });

    expect(seen).toMatchObject({ fresh: 3, skipped: 2, preview: { spent: { amountMinor: 9_000n } } });
    expect(seen.preview!.warnings).toEqual([
      {
        ...{ code: 'sign_assumed', column: 'Amount', rows: 0 },
        message: expect.stringMatching(/the negative ones are taken as spent.*\{"amounts":"spent_positive"\}/),
      },
      expect.objectContaining({ code: 'credits_skipped', rows: 2 }),
    ]);
    expect(other.preview).toMatchObject({ spent: { amountMinor: 52_000n }, refunded: { amountMinor: 9_000n } });
    expect([other, again].map(({ preview }) => preview!.warnings)).toEqual([[], []]);
  });

  it('says so of OFX as well', async () => {
    const context = await driver.tenant('EUR');

    const seen = await driver.preview(context, await fixture('statements/bank.ofx'));

    expect(seen.preview!.warnings).toMatchObject([{ code: 'credits_skipped', rows: 1 }]);
  });
});

describe('a file that the plan does not allow', () => {
  it('is refused before its first row, and says which limit it would break', async () => {
    const context = await driver.tenant();
    await planOf(context, { projects: 3, accounts: 1, expenses_total: 100 });

    const seen = await driver.preview(context, file);
    const { id } = await driver.send(context, file);
    const failed = await driver.finished(context, id, 'failed');

    expect(seen.preview!.limits).toEqual([{ metric: 'accounts', project: '', limit: 1n, used: 0n, wanted: 2n }]);
    expect(failed).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
    expect(failed.failureMessage).toMatch(/allows 1 account; there are 0, and 2 more are wanted/);
    expect(await driver.spent(context)).toEqual({});
    expect(await countOf(context, 'projects')).toBe(0);
  });

  it('is booked with those columns left out', async () => {
    const context = await driver.tenant();
    await planOf(context, { projects: 3, accounts: 1, expenses_total: 100 });

    const done = await driver.take(context, file, { mapping: { columns: { Card: '' } } });

    expect(done).toMatchObject({ imported: 3, refused: 2 });
    expect(await countOf(context, 'accounts')).toBe(0);
    expect(await countOf(context, 'projects')).toBe(1);
  });

  it('may have as many rows as there is room for, and no more', async () => {
    const context = await driver.tenant();
    await planOf(context, { expenses_total: 3 });
    await driver.take(context, file);

    const more = await driver.send(context, 'Date,Merchant,Amount\n2024-03-01,one more,1.00\n');
    const same = await driver.take(context, file);

    expect(await driver.finished(context, more.id, 'failed')).toMatchObject({ failureCode: 'plan_limit_reached' });
    expect(same).toMatchObject({ imported: 0, duplicates: 3 });
  });
});
