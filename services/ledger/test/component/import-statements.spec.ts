import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

describe("a bank's statement", () => {
  it('in OFX of version 1 becomes expenses: debits, and what a card was given back', async () => {
    const context = await driver.tenant('EUR');

    const done = await driver.take(context, await fixture('statements/bank.ofx'));

    expect(done).toMatchObject({ rowsTotal: 4, imported: 3, skipped: 1, format: { kind: 'ofx', credits: 'skip' } });
    expect(await driver.expensesOf(context)).toEqual([
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
    expect(await driver.expensesOf(context)).toEqual([
      '2025-02-03 | Hotel Krone | 3000 EUR | 411111******1111 | card |  | ',
      '2025-02-04 | Hotel Krone | -1000 EUR | 411111******1111 | card |  | ',
    ]);
  });

  it('in CAMT.053 becomes expenses: each payment of a batch, what was paid abroad, and what was taken back', async () => {
    const context = await driver.tenant('EUR');

    const done = await driver.take(context, await fixture('statements/camt053.xml'));

    expect(done).toMatchObject({ rowsTotal: 6, imported: 4, skipped: 2, format: { kind: 'camt053' } });
    expect(await driver.expensesOf(context)).toEqual([
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
