import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type TenantContext } from '@outlay/platform';
import { fixture, type ImportDriver, rules, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

async function expensesOf(context: TenantContext) {
  const { rows } = await driver.admin.query(
    `select to_char(expenses.expense_date, 'YYYY-MM-DD') as day, expenses.title,
       expenses.amount_minor || ' ' || expenses.currency as amount, accounts.name as account, accounts.kind,
       categories.name as category, projects.name as project
     from ledger.expenses
     left join ledger.accounts on accounts.tenant_id = expenses.tenant_id and accounts.id = expenses.account_id
     left join ledger.categories on categories.tenant_id = expenses.tenant_id and categories.id = expenses.category_id
     left join ledger.projects on projects.tenant_id = expenses.tenant_id and projects.id = expenses.project_id
     where expenses.tenant_id = $1
     order by expenses.expense_date, expenses.title, expenses.amount_minor`,
    [context.tenantId],
  );
  return rows.map((row) => Object.values(row).join(' | '));
}

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
    expect(await expensesOf(context)).toEqual(['2025-03-04 | Tea | 123450 EUR | Till | other | Kitchen | a']);
  });

  it('leaves columns out, so that nothing is made of them', async () => {
    const context = await driver.tenant('EUR');
    const file = 'Date,Merchant,Amount,Project,Card\n2025-01-02,Tea,4.20,Kitchen,**1\n';

    const done = await driver.take(context, file, { mapping: { columns: { Project: '', Card: '' } } });

    expect(await expensesOf(context)).toEqual(['2025-01-02 | Tea | 420 EUR |  |  |  | ']);
    expect(done.format!.columns).toMatchObject({ Project: '', Card: '', Amount: 'amount' });
  });

  it('can be what another import recognised', async () => {
    const [context, other] = [await driver.tenant('EUR'), await driver.tenant('EUR')];
    const file = 'Date,Merchant,Amount,Note\n03/04/25,Tea,4.20,x\n';
    const first = await driver.take(context, file);
    const { format } = first;

    const again = await driver.take(other, file, { mapping: { ...format!, dateFormat: 'MM/DD/YY' } });

    expect(again.format).toEqual({ ...format, dateFormat: 'MM/DD/YY' });
    expect(await expensesOf(other)).toEqual(['2025-03-04 | Tea | 420 EUR |  |  |  | ']);
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
    expect(await expensesOf(other)).toEqual(await expensesOf(context));
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
  const file = 'Date,Merchant,Amount,Note,amount,Amount\n03/04/25,Tea,4.20,x,5.00,6.00\n';

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

describe('a mapping that is kept', () => {
  const given = { name: 'Cards', rules: rules({ columns: { Project: '' }, dateFormat: 'DD/MM/YY' }) };

  it('reads the files that name it, under what comes with them', async () => {
    const [context, other] = [await driver.tenant('EUR'), await driver.tenant('EUR')];
    const { handlers } = driver.imports;
    const { mapping } = await handlers.createImportMapping(context, given);
    const file = 'Date,Merchant,Amount,Project\n03/04/25,Tea,4.20,Kitchen\n';

    const done = await driver.take(context, file, { mappingId: mapping!.id, mapping: { dateFormat: 'MM/DD/YY' } });

    expect(done).toMatchObject({ mappingId: mapping!.id });
    expect(await expensesOf(context)).toEqual(['2025-03-04 | Tea | 420 EUR |  |  |  | ']);
    await expect(driver.send(other, file, { mappingId: mapping!.id })).rejects.toMatchObject({
      code: 'import_mapping_not_found',
    });
  });

  it('goes behind what comes with the file column by column and default by default', async () => {
    const context = await driver.tenant('EUR');
    const saved = rules({
      columns: { Note: 'description', Project: '', Till: 'account' },
      defaults: { currency: 'USD', account: '', category: 'Kitchen', project: 'Library' },
    });
    const { mapping } = await driver.imports.handlers.createImportMapping(context, { name: 'Tills', rules: saved });
    const file = 'Date,Merchant,Amount,Project,Till,Note\n2025-04-03,Tea,4.20,Bridge,7,green\n';

    const seen = await driver.preview(context, file, {
      mappingId: mapping!.id,
      mapping: {
        columns: { Project: 'project', Till: '' },
        defaults: { currency: 'EUR', account: '', category: 'Garden', project: '' },
      },
    });

    expect(seen.format).toMatchObject({
      columns: { Note: 'description', Project: 'project', Till: '' },
      defaults: { currency: 'EUR', category: 'Garden', project: 'Library' },
    });
    await driver.commit(context, seen.id);
    expect(await expensesOf(context)).toEqual(['2025-04-03 | Tea | 420 EUR |  |  | Garden | Bridge']);
  });

  it('is what a repeated file was read with, whatever became of it since', async () => {
    const context = { ...(await driver.tenant('EUR')), idempotencyKey: newId() };
    const { handlers } = driver.imports;
    const { mapping } = await handlers.createImportMapping(context, given);
    const { mapping: second } = await handlers.createImportMapping(
      { ...context, idempotencyKey: newId() },
      {
        ...given,
        name: 'Bank',
      },
    );
    const file = 'Date,Merchant,Amount,Project\n03/04/25,Tea,4.20,Kitchen\n';
    const sendAs = ({ id }: { id: string }) => driver.send(context, file, { mappingId: id });
    const first = await sendAs(mapping!);
    const laterKey = () => ({ ...context, idempotencyKey: newId() });

    const changed = rules({ columns: { Amount: '' } });
    const change = { mappingId: mapping!.id, name: '', rules: changed, version: undefined };
    await handlers.updateImportMapping(laterKey(), change);
    const afterChange = await sendAs(mapping!);
    await handlers.deleteImportMapping(laterKey(), { mappingId: mapping!.id, version: undefined });
    const afterDeletion = await sendAs(mapping!);

    expect([afterChange.id, afterDeletion.id]).toEqual([first.id, first.id]);
    await expect(sendAs(second!)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    await expect(driver.send(laterKey(), file, { mappingId: mapping!.id })).rejects.toMatchObject({
      code: 'import_mapping_not_found',
    });
  });

  it('is listed, changed under its version and forgotten, with its name taken once', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    const { handlers } = driver.imports;
    const { mapping } = await handlers.createImportMapping(context, given);
    const { mapping: second } = await handlers.createImportMapping(context, { ...given, name: 'Bank' });
    await expect(handlers.createImportMapping(context, given)).rejects.toMatchObject({ code: 'name_taken' });
    const change = { mappingId: mapping!.id, name: '', rules: undefined, version: 1n };

    const changed = await handlers.updateImportMapping(context, { ...change, name: 'Cards of 2025' });

    expect(changed.mapping).toMatchObject({ name: 'Cards of 2025', version: 2n, rules: given.rules });
    await expect(handlers.updateImportMapping(context, { ...change, name: 'Late' })).rejects.toMatchObject({
      code: 'version_mismatch',
    });
    await expect(
      handlers.updateImportMapping(context, { ...change, name: 'Bank', version: undefined }),
    ).rejects.toMatchObject({ code: 'name_taken' });
    await handlers.deleteImportMapping(context, { mappingId: second!.id, version: undefined });
    const { mappings } = await handlers.listImportMappings(context, { page: undefined });
    expect(mappings.map(({ name }) => name)).toEqual(['Cards of 2025']);
    expect((await handlers.listImportMappings(other, { page: undefined })).mappings).toEqual([]);
    for (const unknown of [handlers.getImportMapping(other, { mappingId: mapping!.id })]) {
      await expect(unknown).rejects.toMatchObject({ code: 'import_mapping_not_found' });
    }
  });
});

describe("a bank's statement", () => {
  it('in OFX of version 1 becomes expenses: debits, and what a card was given back', async () => {
    const context = await driver.tenant('EUR');

    const done = await driver.take(context, await fixture('statements/bank.ofx'));

    expect(done).toMatchObject({ rowsTotal: 4, imported: 3, skipped: 1, format: { kind: 'ofx', credits: 'skip' } });
    expect(await expensesOf(context)).toEqual([
      '2025-01-02 | Marks & Sons | 1250 EUR | DE89370400440532013000 | bank |  | ',
      '2025-01-03 | Marks & Sons | 1250 EUR | DE89370400440532013000 | bank |  | ',
      '2025-01-12 | Bookshop | -420 EUR | DE89370400440532013000 | bank |  | ',
    ]);
    expect(await driver.rows(context, done.id, 'skipped')).toMatchObject([{ line: 3, code: 'income' }]);
  });

  it('in OFX of version 2 keeps no number of a card', async () => {
    const context = await driver.tenant('EUR');

    const done = await driver.take(context, await fixture('statements/card.ofx'));

    expect(done).toMatchObject({ imported: 2, skipped: 1 });
    expect(await expensesOf(context)).toEqual([
      '2025-02-03 | Hotel Krone | 3000 EUR | 411111******1111 | card |  | ',
      '2025-02-04 | Hotel Krone | -1000 EUR | 411111******1111 | card |  | ',
    ]);
  });

  it('in CAMT.053 becomes expenses: each payment of a batch, what was paid abroad, and what was taken back', async () => {
    const context = await driver.tenant('EUR');

    const done = await driver.take(context, await fixture('statements/camt053.xml'));

    expect(done).toMatchObject({ rowsTotal: 6, imported: 4, skipped: 2, format: { kind: 'camt053' } });
    expect(await expensesOf(context)).toEqual([
      '2025-01-07 | Paper & Co | 5000 USD | DE89370400440532013000 | bank |  | ',
      '2025-01-08 | Ada | 1000 EUR | DE89370400440532013000 | bank |  | ',
      '2025-01-08 | Bob | 2000 EUR | DE89370400440532013000 | bank |  | ',
      '2025-01-15 | Paper & Co | -4590 EUR | DE89370400440532013000 | bank |  | ',
    ]);
    expect(await driver.rows(context, done.id, 'skipped')).toMatchObject([{ code: 'income' }, { code: 'not_booked' }]);
  });

  it('adds nothing where its bookings are known by their ids, whatever else they say now', async () => {
    const context = await driver.tenant('EUR');
    const bytes = await fixture('statements/bank.ofx');
    await driver.take(context, bytes);
    const renamed = bytes.toString().replaceAll('Marks &amp; Sons', 'MARKS SONS 0042').replace('Returned', 'Refund');

    expect(await driver.take(context, renamed)).toMatchObject({ imported: 0, duplicates: 3, skipped: 1 });
    const other = renamed.replace('<FITID>2025010302', '<FITID>2025010399');
    expect(await driver.take(context, other)).toMatchObject({ imported: 1, duplicates: 2 });
  });

  it.each([
    ['CAMT.053 with entities of its own', '<!DOCTYPE d [<!ENTITY x "y">]>', '&x;'],
    ['CAMT.053 that is no XML', '', '<Ntry><Amt></Ntry>'],
  ])('is refused where it is %s', async (_what, doctype, text) => {
    const context = await driver.tenant('EUR');
    const xml = `<?xml version="1.0"?>${doctype}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>${text}</BkToCstmrStmt></Document>`;

    const { id } = await driver.send(context, xml);

    expect(await driver.finished(context, id, 'failed')).toMatchObject({ failureCode: 'file_unreadable', imported: 0 });
  });
});
