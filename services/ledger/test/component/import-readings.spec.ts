import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findEarlierReadings } from '../../src/imports/earlier-readings.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const defaults = (said: Record<string, string>) => ({ currency: '', account: '', category: '', project: '', ...said });

const file = 'date,merchant,amount,note\n2025-01-13,Bahn,29.90,Graz\n2025-01-13,Bahn,29.90,Wien\n';

describe('the same file with another mapping', () => {
  it.each([
    ['that leaves a column out', { columns: { note: '' } }],
    ['that calls it something else', { columns: { note: 'project' } }],
    ['that has a default', { defaults: defaults({ account: 'Card', category: 'Travel', project: 'Web' }) }],
    ['that reads other decimals', { decimalMark: '.' as const, amounts: 'spent_negative' as const }],
  ])('%s adds nothing, in either order', async (_what, mapping) => {
    const [context, other] = [await driver.tenant('EUR'), await driver.tenant('EUR')];

    expect(await driver.take(context, file)).toMatchObject({ imported: 2, duplicates: 0 });
    expect(await driver.take(context, file, { mapping })).toMatchObject({ imported: 0, duplicates: 2 });
    expect(await driver.take(other, file, { mapping })).toMatchObject({ imported: 2, duplicates: 0 });
    expect(await driver.take(other, file)).toMatchObject({ imported: 0, duplicates: 2 });
    expect(await driver.take(other, file, { mapping: { columns: { merchant: '' } } })).toMatchObject({ imported: 0 });
  });

  it('is read once more for each other way, however often it came', async () => {
    const context = await driver.tenant('EUR');
    for (const mapping of [{}, {}, { columns: { note: '' } }, { columns: { note: '' } }, {}]) {
      await driver.take(context, file, { mapping });
    }

    const { id } = await driver.preview(context, file, { mapping: {} });
    const other = await driver.preview(context, file, { mapping: { columns: { note: 'project' } } });

    const readingsOf = (importId: string) =>
      driver.database.withTenant(context, (session) => findEarlierReadings(session, context, importId));
    expect([(await readingsOf(id)).length, (await readingsOf(other.id)).length]).toEqual([1, 2]);
  });

  it('adds what was refused before', async () => {
    const context = await driver.tenant('EUR');
    const mixed = 'date,merchant,amount\n2025-01-13,a,"1.234,50"\n2025-01-14,b,12.50\n2025-01-15,c,13.50\n';

    expect(await driver.take(context, mixed)).toMatchObject({ imported: 2, refused: 1 });
    expect(await driver.take(context, mixed, { mapping: { decimalMark: ',' } })).toMatchObject({ imported: 1 });
  });

  it('is booked once by whichever of several that come at once', async () => {
    const context = await driver.tenant('EUR');
    const mappings = [
      {},
      { columns: { note: '' } },
      { defaults: defaults({ account: 'Card' }) },
      { defaults: defaults({ project: 'P' }) },
    ];

    const started = await Promise.all(mappings.map((mapping) => driver.send(context, file, { mapping })));
    const done = await Promise.all(started.map(({ id }) => driver.finished(context, id)));

    expect(done.reduce((sum, { imported }) => sum + imported, 0)).toBe(2);
  });

  it('is told in a preview, and comes again once it is taken back', async () => {
    const context = await driver.tenant('EUR');
    const mapping = { defaults: defaults({ account: 'Card' }) };
    const first = await driver.take(context, file);

    const seen = await driver.preview(context, file, { mapping });

    expect(seen).toMatchObject({ fresh: 0, duplicates: 2 });
    expect(seen.preview!.warnings).toEqual([
      {
        code: 'file_known',
        column: '',
        rows: 2,
        message: expect.stringMatching(/came before.*undo that import first/),
      },
    ]);
    await driver.imports.handlers.undoImport(context, { importId: first.id });
    await driver.finished(context, first.id, 'undone');
    const again = await driver.preview(context, file, { mapping });
    expect([again.fresh, again.preview!.warnings]).toEqual([2, []]);
    expect(await driver.commit(context, again.id)).toMatchObject({ imported: 2 });
  });

  it('of another account is another file, and another tenant knows of neither', async () => {
    const [context, other] = [await driver.tenant('EUR'), await driver.tenant('EUR')];
    await driver.take(context, file, { mapping: { defaults: defaults({ account: 'Card A' }) } });

    const second = file.replace('Wien', 'Linz');

    expect(
      await driver.take(context, second, { mapping: { defaults: defaults({ account: 'Card B' }) } }),
    ).toMatchObject({
      imported: 2,
    });
    expect(await driver.take(other, file)).toMatchObject({ imported: 2 });
  });
});

describe('a preview', () => {
  const warned = async (text: string, currency = 'EUR') =>
    (await driver.preview(await driver.tenant(currency), text)).preview!.warnings;

  it('says which columns say nothing, and which rows nothing names', async () => {
    expect(await warned('date,Wofür,amount\n2025-01-13,Taxi,12.50\n')).toEqual([
      { code: 'column_ignored', column: 'Wofür', rows: 0, message: expect.stringContaining('{"columns":{"Wofür":') },
      { code: 'title_missing', column: '', rows: 1, message: expect.stringContaining('{"columns":{"Wofür":"title"}}') },
    ]);
  });

  it('says that there is nothing to book', async () => {
    expect(await warned('date,title,amount\n')).toMatchObject([
      { code: 'rows_missing', message: expect.stringContaining('nothing below the header (line 1)') },
    ]);
    expect(await warned('OFXHEADER:100\n\n<OFX><BANKMSGSRSV1></BANKMSGSRSV1></OFX>')).toMatchObject([
      { code: 'rows_missing', message: expect.stringContaining('no booking in the statement') },
    ]);
  });

  it('says which money is not counted, and how to have it booked', async () => {
    const context = await driver.tenant('EUR');
    const text = 'Date,Merchant,Amount,VAT,Total\n2025-01-13,Taxi,10.00,2.00,12.00\n';

    const seen = await driver.preview(context, text);
    const other = await driver.preview(context, text, { mapping: { columns: { Amount: '', Total: 'amount' } } });

    expect(seen.preview).toMatchObject({
      spent: { amountMinor: 1_000n },
      warnings: [
        {
          ...{ code: 'money_ignored', column: 'Total' },
          message: expect.stringContaining('{"columns":{"Amount":null,"Total":"amount"}}'),
        },
      ],
    });
    expect(other.preview).toMatchObject({ spent: { amountMinor: 1_200n }, warnings: [] });
  });

  it('offers no fee as the amount', async () => {
    const text = 'Date,Merchant,Amount,Fee\n2025-01-01,a,10.00,2.00\n';
    const seen = await driver.preview(await driver.tenant(), text);
    expect(seen.preview!.warnings).toMatchObject([
      { code: 'money_ignored', column: 'Fee', message: expect.stringContaining('{"columns":{"Fee":null}}') },
    ]);
  });

  it('says which decimals it assumes, and how to have others', async () => {
    const context = await driver.tenant('EUR');
    const text = 'date,title,amount\n2025-01-13,Taxi,"1,234"\n';

    const seen = await driver.preview(context, text);
    const other = await driver.preview(context, text, { mapping: { decimalMark: ',' } });

    expect(seen.preview).toMatchObject({
      spent: { amountMinor: 123_400n },
      warnings: [{ code: 'decimals_assumed', message: expect.stringContaining('{"decimal_mark":","}') }],
    });
    // Three decimals are more than euros have.
    expect(other).toMatchObject({ refused: 1, preview: { warnings: [] } });
  });

  it('says nothing of what is understood', async () => {
    expect(await warned('date,title,amount\n2025-01-13,Taxi,12.50\n')).toEqual([]);
    expect(await warned('date,title,amount\n2025-01-13,Taxi,1.234\n', 'KWD')).toMatchObject([
      { code: 'decimals_assumed' },
    ]);
  });
});

describe('purchases that differ in their title alone', () => {
  it.each(['title', 'Wofür'])('are two, of whichever files they come: %s', async (header) => {
    const context = await driver.tenant('EUR');
    const fileOf = (text: string) => `date,${header},amount\n2025-04-01,${text},12.50\n`;

    await driver.take(context, fileOf('Taxi to airport'));

    expect(await driver.take(context, fileOf('Lunch with client'))).toMatchObject({ imported: 1, duplicates: 0 });
    expect(await driver.take(context, `amount;${header};date\n12,50;taxi to airport;01.04.2025\n`)).toMatchObject({
      ...{ imported: 0, duplicates: 1 },
    });
  });
});
