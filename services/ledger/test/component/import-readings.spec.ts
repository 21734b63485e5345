import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

describe('a preview', () => {
  const warned = async (text: string, currency = 'EUR') =>
    (await driver.preview(await driver.tenant(currency), text)).preview!.warnings;

  it('says which columns say nothing, and which rows nothing names', async () => {
    expect(await warned('date,Wofür,amount\n2025-01-13,Taxi,12.50\n')).toEqual([
      { code: 'column_ignored', column: 'Wofür', rows: 0, message: expect.stringContaining('{"columns":{"Wofür":') },
      { code: 'title_missing', column: '', rows: 1, message: expect.stringContaining('{"columns":{"Wofür":"title"}}') },
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
