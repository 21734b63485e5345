import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type TenantContext } from '@outlay/platform';
import { exportHeader } from '../../src/imports/file/export-columns.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

type Line = Partial<Record<(typeof exportHeader)[number], string>>;

/** An export of ours with a line for each expense; what is not said is as usual. */
function exportOf(...lines: Line[]): string {
  const usual = {
    ...{ expense_date: '2025-01-15', amount: '10.00', currency: 'EUR', booked_amount: '10.00', booked_currency: 'EUR' },
    ...{ exchange_rate: '1', rate_source: 'identity', rate_date: '2025-01-15', title: 'Tea', status: 'posted' },
  };
  const rows = lines.map((line) => {
    const cells: Line = { ...usual, id: newId(), ...line };
    return exportHeader.map((name) => cells[name] ?? '').join();
  });
  return `${[exportHeader.join(), ...rows].join('\n')}\n`;
}

const card = (currency: string, kind = 'card', name = 'Card'): Line => ({
  ...{ account: name, account_kind: kind, account_currency: currency },
  ...(currency === 'EUR' ? {} : { currency, exchange_rate: '0.5', rate_source: 'given', booked_amount: '5.00' }),
});

const filed = (...path: string[]): Line => ({ category: path.at(-1) ?? '', category_path: path.join('/') });

/** Accounts that are not archived, with what was spent from each in its own currency. */
async function accountsOf({ tenantId }: TenantContext) {
  const { rows } = await driver.admin.query(
    `select accounts.name, accounts.kind, accounts.currency, sum(postings.amount_minor)::int as balance
     from ledger.accounts
     left join ledger.postings on postings.tenant_id = accounts.tenant_id and postings.ledger_account_id = accounts.id
     where accounts.tenant_id = $1 and archived_at is null
     group by accounts.id, accounts.name, accounts.kind, accounts.currency order by accounts.name`,
    [tenantId],
  );
  return rows.map(({ name, kind, currency, balance }) => [name, kind, currency, balance]);
}

async function categoriesOf({ tenantId }: TenantContext): Promise<string[]> {
  const { rows } = await driver.admin.query(
    `select concat_ws(' / ', above.name, categories.name) || ': ' || count(expenses.id) as category
     from ledger.categories
     left join ledger.categories as above on above.tenant_id = categories.tenant_id and above.id = categories.parent_id
     left join ledger.expenses on expenses.tenant_id = categories.tenant_id and expenses.category_id = categories.id
     where categories.tenant_id = $1 group by categories.id, categories.name, above.name order by 1`,
    [tenantId],
  );
  return rows.map(({ category }) => category);
}

const make = (context: TenantContext, name: string, kind: string, currency: string) =>
  driver.admin.query('insert into ledger.accounts (tenant_id, id, name, kind, currency) values ($1, $2, $3, $4, $5)', [
    context.tenantId,
    newId(),
    name,
    kind,
    currency,
  ]);

describe('an export that has two of one name', () => {
  it('keeps accounts apart that differ in currency or kind', async () => {
    const context = await driver.tenant('EUR');
    const file = exportOf(card('USD'), card('EUR', 'bank'), card('EUR', 'cash'), card('USD'));

    const done = await driver.take(context, file);

    expect(done).toMatchObject({ imported: 4, refused: 0 });
    expect(await accountsOf(context)).toEqual([
      ['Card', 'card', 'USD', -2_000],
      ['Card (EUR)', 'bank', 'EUR', -1_000],
      ['Card (cash)', 'cash', 'EUR', -1_000],
    ]);
  });

  it('keeps them apart in batches that are booked at the same time, and finds them again in the next file', async () => {
    const context = await driver.tenant('EUR');
    const lines = Array.from({ length: 2_600 }, (_, row) => (row % 600 < 3 ? card(row % 2 ? 'USD' : 'JPY') : {}));
    const yen = { amount: '10', booked_amount: '5.00' };
    const withYen = (line: Line): Line => (line.currency === 'JPY' ? { ...line, ...yen } : line);

    await driver.take(context, exportOf(...lines.map(withYen)));
    const first = await accountsOf(context);
    await driver.take(context, exportOf(card('USD'), withYen(card('JPY'))));

    expect(first.map(([, , currency]) => currency).toSorted()).toEqual(['JPY', 'USD']);
    expect((await accountsOf(context)).map(([name]) => name)).toEqual(first.map(([name]) => name));
  });

  it('keeps categories apart that stand at different places of the tree', async () => {
    const context = await driver.tenant('EUR');
    const file = exportOf(filed('Travel', 'Other'), filed('Other'), filed('Food', 'Other'), filed('Other', 'Gifts'));

    await driver.take(context, file);
    await driver.take(context, exportOf(filed('Food', 'Other'), filed('Other')));

    expect(await categoriesOf(context)).toEqual([
      ...[
        'Food / Other (Food): 2',
        'Food: 0',
        'Other (2) / Gifts: 1',
        'Other (2): 2',
        'Travel / Other: 1',
        'Travel: 0',
      ],
    ]);
  });
});

describe('an export that names what is something else here', () => {
  const file = exportOf(card('USD'), { ...card('EUR', 'bank', 'Giro'), ...filed('Other') });

  it('makes another beside it and says so in the preview', async () => {
    const [context, other] = [await driver.tenant('EUR'), await driver.tenant('EUR')];
    await make(context, 'Card', 'card', 'JPY');
    await make(context, 'Giro', 'bank', 'EUR');
    await driver.take(context, exportOf(filed('Travel', 'Other')));

    const seen = await driver.preview(context, file);
    const done = await driver.commit(context, seen.id);

    expect(seen.preview).toMatchObject({
      newAccounts: { count: 1, names: ['Card (USD)'] },
      newCategories: { count: 1, names: ['Other (2)'] },
    });
    expect(seen.preview?.warnings.map(({ code, column, message }) => [code, column, message])).toEqual([
      ['account_renamed', 'account', expect.stringContaining('"Card" of the file is "Card (USD)" here')],
      ['category_renamed', 'category_path', expect.stringContaining('"Other" of the file is "Other (2)" here')],
    ]);
    expect(done).toMatchObject({ imported: 2, refused: 0 });
    expect(await accountsOf(context)).toEqual([
      ...[
        ['Card', 'card', 'JPY', null],
        ['Card (USD)', 'card', 'USD', -1_000],
      ],
      ['Giro', 'bank', 'EUR', -1_000],
    ]);
    expect((await driver.preview(other, file)).preview?.warnings).toEqual([]);
  });

  it('needs a place of the plan for what it makes beside it', async () => {
    const context = await driver.tenant('EUR');
    await make(context, 'Card', 'card', 'JPY');
    const plan = (accounts: string) =>
      driver.admin.query('update ledger.tenants set entitlements = $2, plan = $3 where tenant_id = $1', [
        context.tenantId,
        JSON.stringify([{ metric: 'accounts', limit: accounts, mode: 'hard' }]),
        'basic',
      ]);
    await plan('2');

    const { id } = await driver.send(context, file);
    const failed = await driver.finished(context, id, 'failed');
    await plan('3');
    const done = await driver.take(context, file);

    expect(failed).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
    expect(done).toMatchObject({ imported: 2 });
    expect((await accountsOf(context)).map(([name]) => name)).toEqual(['Card', 'Card (USD)', 'Giro']);
  });

  it('ends where somebody makes another of that name while it is booked', async () => {
    const idle = await startImports({ withWorker: false });
    try {
      const context = await idle.tenant('EUR');
      await idle.admin.query('update ledger.tenants set entitlements = $2 where tenant_id = $1', [
        context.tenantId,
        '[{"metric":"accounts","limit":"10","mode":"hard"}]',
      ]);
      const { id } = await idle.send(context, exportOf(card('USD')));
      let looked = 1;
      const dying = { ...idle.work, isStopping: () => looked-- <= 0 };
      await expect(processImport(dying, context.tenantId, id)).rejects.toThrow('stopping');
      await idle.database.withTenant(context, (session) =>
        session.query(
          "insert into accounts (tenant_id, id, name, kind, currency) values ($1, $2, 'Card', 'card', 'JPY')",
          [...[context.tenantId, newId()]],
        ),
      );

      await processImport(idle.work, context.tenantId, id);

      const failed = await idle.finished(context, id, 'failed');
      expect(failed).toMatchObject({ failureCode: 'account_taken', imported: 0 });
      const again = await idle.send(context, exportOf(card('USD')));
      await processImport(idle.work, context.tenantId, again.id);
      expect(await idle.finished(context, again.id)).toMatchObject({ imported: 1 });
    } finally {
      await idle.stop();
    }
  });

  it('is refused to whoever may make nothing', async () => {
    const context = await driver.tenant('EUR', 'member');
    await make(context, 'Card', 'card', 'JPY');
    await make(context, 'Giro', 'bank', 'EUR');

    const done = await driver.take(context, exportOf(card('USD'), card('EUR', 'bank', 'Giro')));

    expect(done).toMatchObject({ imported: 1, refused: 1 });
    expect((await accountsOf(context)).map(([name]) => name)).toEqual(['Card', 'Giro']);
  });

  it('goes by the name of an account where a spreadsheet has left out the rest', async () => {
    const context = await driver.tenant('EUR');
    await make(context, 'Card', 'card', 'JPY');
    const left = ['account_kind', 'account_currency'].map((name) => exportHeader.indexOf(name as never));
    const lines = exportOf(card('EUR')).trim().split('\n');

    const done = await driver.take(
      context,
      lines
        .map((line) =>
          line
            .split(',')
            .filter((_, at) => !left.includes(at))
            .join(),
        )
        .join('\n'),
    );

    expect(done).toMatchObject({ imported: 1, format: { kind: 'outlay' } });
    expect((await accountsOf(context)).map(([name]) => name)).toEqual(['Card']);
  });

  it('is as ever where the file is no export: what has the name is meant', async () => {
    const context = await driver.tenant('EUR');
    await make(context, 'Visa', 'card', 'JPY');

    await driver.take(context, 'date,merchant,amount,card\n2025-01-15,Tea,10.00,Visa\n');

    expect((await accountsOf(context)).map(([name]) => name)).toEqual(['Visa']);
  });
});
