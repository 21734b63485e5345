import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { fixture, type ImportDriver, type rules, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

describe('a mapping that comes with a file', () => {
  it('says what could not be recognised, and fills in what the rows leave out', async () => {
    const context = await driver.tenant('EUR');
    const file = 'When/What/Much/Whose\n03.04.25/Tea/1.234,50-/a\n';

    const done = await driver.take(context, file, {
      mapping: {
        columns: { When: 'expense_date', What: 'vendor', Much: 'amount', Whose: 'project' },
        ...{ delimiter: '/', dateFormat: 'MM.DD.YY', decimalMark: ',', amounts: 'spent_negative' },
        defaults: { currency: '', account: 'Till', category: 'Kitchen', project: '' },
      },
    });

    expect(done).toMatchObject({
      imported: 1,
      format: { delimiter: '/', dateFormat: 'MM.DD.YY', amounts: 'spent_negative' },
    });
    expect(await driver.expensesOf(context)).toEqual(['2025-03-04 | Tea | 123450 EUR | Till | other | Kitchen | a']);
  });

  it('leaves columns out, so that nothing is made of them', async () => {
    const context = await driver.tenant('EUR');
    const file = 'Date,Merchant,Amount,Project,Card\n2025-01-02,Tea,4.20,Kitchen,**1\n';

    const done = await driver.take(context, file, { mapping: { columns: { Project: '', Card: '' } } });

    expect(await driver.expensesOf(context)).toEqual(['2025-01-02 | Tea | 420 EUR |  |  |  | ']);
    expect(done.format!.columns).toMatchObject({ Project: '', Card: '', Amount: 'amount' });
  });

  it('can be what another import recognised', async () => {
    const [context, other] = [await driver.tenant('EUR'), await driver.tenant('EUR')];
    const file = 'Date,Merchant,Amount,Note\n03/04/25,Tea,4.20,x\n';
    const first = await driver.take(context, file);
    const { format } = first;

    const again = await driver.take(other, file, { mapping: { ...format!, dateFormat: 'MM/DD/YY' } });

    expect(again.format).toEqual({ ...format, dateFormat: 'MM/DD/YY' });
    expect(await driver.expensesOf(other)).toEqual(['2025-03-04 | Tea | 420 EUR |  |  |  | ']);
  });

  it.each([
    ['a table of several texts', 'exports/german-bank.csv', 'EUR'],
    ['a table below titles', 'exports/us-card.csv', 'USD'],
    ['a table with what was charged', 'exports/swiss-card.csv', 'CHF'],
    ['a table in UTF-16', 'exports/tab-utf16.txt', 'PLN'],
    ['a damaged table', 'exports/council-mixed.csv', 'GBP'],
    ['OFX', 'statements/bank.ofx', 'EUR'],
    ['CAMT.053', 'statements/camt053.xml', 'EUR'],
  ])('can be what was recognised of %s, as it is', async (_what, path, currency) => {
    const [context, other] = [await driver.tenant(currency), await driver.tenant(currency)];
    const file = await fixture(path);
    const seen = await driver.preview(context, file);
    await driver.commit(context, seen.id);

    const again = await driver.preview(other, file, { mapping: seen.format! });
    await driver.commit(other, again.id);

    expect(again.format).toEqual(seen.format);
    expect(await driver.expensesOf(other)).toEqual(await driver.expensesOf(context));
    const fates = async (of: TenantContext, { id }: { id: string }) =>
      (await driver.rows(of, id)).map(({ line, fate, code, column }) => [line, fate, code, column]);
    expect(await fates(other, again)).toEqual(await fates(context, seen));
    // What was booked with the one is known to the other.
    expect(await driver.take(context, file, { mapping: seen.format! })).toMatchObject({ imported: 0 });
  });

  it('can be what was recognised of our own export, which says itself what its columns are', async () => {
    const context = await driver.tenant('EUR');
    const header =
      'id,expense_date,amount,currency,booked_amount,booked_currency,exchange_rate,rate_source,rate_date,title,description,' +
      'category,category_path,account,account_kind,account_currency,project,payment_method,tags,vendor,status,user_id,created_at';
    const id = '0197a3c0-4444-7000-8000-00000000000a';
    const file = `${header}\n${id},2025-01-02,10.00,USD,9.20,EUR,0.92,given,2025-01-02,Tea,,,,,,,,,,,posted,${id},2025-01-02\n`;
    const seen = await driver.preview(context, file);

    const again = await driver.preview(context, file, { mapping: seen.format! });
    const asTable = await driver.preview(context, file, { mapping: { ...seen.format!, kind: 'csv' } });
    const corrected = driver.send(context, file, {
      mapping: { ...seen.format!, columns: { ...seen.format!.columns, vendor: '' } },
    });

    expect(again.format).toEqual(seen.format);
    expect([seen, again, asTable].map(({ format }) => format!.kind)).toEqual(['outlay', 'outlay', 'csv']);
    await expect(corrected).rejects.toMatchObject({
      details: [expect.objectContaining({ field: 'mapping.columns.vendor', code: 'not_supported' })],
    });
  });

  it('is refused with the kind of another file', async () => {
    const context = await driver.tenant('EUR');

    const refused = driver.send(context, await fixture('statements/bank.ofx'), { mapping: { kind: 'csv' } });

    await expect(refused).rejects.toMatchObject({
      details: [expect.objectContaining({ field: 'mapping.kind', code: 'other_kind' })],
    });
  });

  it('may leave out what came in', async () => {
    const context = await driver.tenant('EUR');
    const file = 'Date,Merchant,Amount\n2025-01-02,Tea,4.20\n2025-01-03,Back,-1.00\n';

    const done = await driver.take(context, file, { mapping: { credits: 'skip' } });

    expect(done).toMatchObject({ imported: 1, skipped: 1, refused: 0 });
    expect(await driver.rows(context, done.id, 'skipped')).toMatchObject([
      { line: 3, code: 'income', column: 'Amount' },
    ]);
  });

  it.each([
    ['a column that is not there', { columns: { Nothing: 'amount' } }, 'mapping.columns.Nothing', 'column_missing'],
    [
      'one field twice',
      { columns: { Merchant: 'amount', Amount: 'amount' } },
      'mapping.columns.Merchant',
      'field_repeated',
    ],
    ['a field that does not exist', { columns: { Amount: 'everything' } }, 'mapping.columns.Amount', undefined],
    ['a date format that is none', { dateFormat: 'tomorrow' }, 'mapping.date_format', undefined],
    ['an encoding that is none', { encoding: 'rot13' }, 'mapping.encoding', undefined],
  ])('is refused with %s', async (_what, mapping, field, code) => {
    const context = await driver.tenant();

    const refused = driver.send(context, 'Date,Merchant,Amount\n2025-01-02,Tea,4.20\n', {
      mapping: mapping as Partial<ReturnType<typeof rules>>,
    });

    await expect(refused).rejects.toMatchObject({
      kind: 'invalid',
      details: [expect.objectContaining({ field, ...(code && { code }) })],
    });
  });
});

describe('columns of one name', () => {
  const file = 'Date,Merchant,Amount,Note,amount,Amount\n2025-04-03,Tea,4.20,x,5.00,6.00\n';

  it('are told apart, and the preview says which is taken', async () => {
    const context = await driver.tenant('EUR');

    const seen = await driver.preview(context, file);

    expect(seen).toMatchObject({ preview: { spent: { amountMinor: 420n } } });
    expect(seen.format!.columns).toMatchObject({ Amount: 'amount', amount: '', 'Amount (2)': '' });
    expect(seen.preview!.warnings).toMatchObject([{ code: 'column_repeated', column: 'Amount', rows: 0 }]);
    expect(seen.preview!.warnings[0]!.message).toContain('{"columns":{"Amount":null,"amount":"amount"}}');
  });

  it('are chosen among by the mapping', async () => {
    const context = await driver.tenant('EUR');
    const columns = { Amount: '', amount: '', 'Amount (2)': 'amount' };

    const seen = await driver.preview(context, file, { mapping: { columns } });
    const again = await driver.preview(context, file, { mapping: seen.format! });

    expect(seen).toMatchObject({ preview: { spent: { amountMinor: 600n }, warnings: [] } });
    expect(again).toMatchObject({ format: seen.format, preview: { spent: { amountMinor: 600n }, warnings: [] } });
  });

  it('are nothing to speak of where none of them is looked at, or all are', async () => {
    const context = await driver.tenant('EUR');

    const seen = await driver.preview(context, 'Date,Text,Text,Amount,x,x,,\n2025-01-02,Tea,green,4.20,1,2,,\n');

    expect(seen.preview!.warnings).toEqual([]);
    expect(seen.format!.columns).toEqual({
      ...{ Date: 'expense_date', Text: 'description', 'Text (2)': 'description', Amount: 'amount', x: '', 'x (2)': '' },
    });
  });
});
