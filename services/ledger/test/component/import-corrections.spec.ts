import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const booking = (id: string, amount: string, more = ''): string =>
  `<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20250501<TRNAMT>-${amount}<FITID>${id}<NAME>Shop ${id}${more}</STMTTRN>`;

const correcting = (id: string, action: string): string => `<CORRECTFITID>${id}<CORRECTACTION>${action}`;

const statement = (...bookings: string[]): string =>
  `OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>X1
</BANKACCTFROM><BANKTRANLIST>${bookings.join('\n')}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>`;

describe('a booking that corrects another', () => {
  const file = statement(
    ...[booking('1', '5.00'), booking('2', '6.00'), booking('3', '7.00')],
    ...[booking('4', '5.00', correcting('1', 'DELETE')), booking('5', '6.50', correcting('2', 'REPLACE'))],
  );

  it('of the same file leaves it out, and is booked where it replaces it', async () => {
    const context = await driver.tenant('EUR');

    const done = await driver.take(context, file);

    expect(done).toMatchObject({ imported: 2, skipped: 3, refused: 0 });
    expect(await driver.spent(context)).toEqual({ 'Shop 3': 700, 'Shop 5': 650 });
    expect(await driver.rows(context, done.id, 'skipped')).toMatchObject([
      { line: 1, code: 'corrected', reason: '"1" is corrected by another booking of the file' },
      { line: 2, code: 'corrected' },
      { line: 4, code: 'corrected', reason: expect.stringContaining('it deletes "1"') },
    ]);
    expect(await driver.take(context, file)).toMatchObject({ imported: 0, duplicates: 2, skipped: 3 });
  });

  it('that was booked before is not booked once more', async () => {
    const context = await driver.tenant('EUR');
    await driver.take(context, statement(booking('1', '5.00'), booking('2', '6.00')));

    expect(await driver.take(context, file)).toMatchObject({ imported: 1, duplicates: 1, skipped: 3 });
    expect(await driver.spent(context)).toEqual({ 'Shop 1': 500, 'Shop 2': 600, 'Shop 3': 700 });
  });

  it('of another file is refused, and says which it is', async () => {
    const context = await driver.tenant('EUR');
    await driver.take(context, statement(booking('1', '5.00'), booking('2', '6.00')));

    const done = await driver.take(
      context,
      statement(booking('4', '5.00', correcting('1', 'DELETE')), booking('5', '6.50', correcting('2', 'REPLACE'))),
    );

    expect(done).toMatchObject({ imported: 0, refused: 2 });
    expect(await driver.rows(context, done.id, 'refused')).toMatchObject([
      { code: 'correction_unmatched', reason: expect.stringContaining('it deletes "1", which is not in the file') },
      { code: 'correction_unmatched', reason: expect.stringContaining('change its expense') },
    ]);
    expect(await driver.spent(context)).toEqual({ 'Shop 1': 500, 'Shop 2': 600 });
  });
});

describe('a booking in another currency', () => {
  it.each([
    ['CURRENCY', '10.00', 'USD at the rate of the file', '-10.00 USD'],
    ['ORIGCURRENCY', '9.00', 'converted by the bank', '-9.00 EUR'],
  ])('of %s has its rate (%s, %s)', async (aggregate, amount) => {
    const context = await driver.tenant('EUR');
    const more = `<${aggregate}><CURRATE>0.9<CURSYM>USD</${aggregate}>`;

    await driver.take(context, statement(booking('1', amount, more)));

    expect(await driver.expensesOf(context)).toEqual(['2025-05-01 | Shop 1 | 1000 USD | X1 | bank |  | ']);
    expect(await driver.spent(context)).toEqual({ 'Shop 1': 900 });
    const { rows } = await driver.admin.query('select currency from ledger.accounts where tenant_id = $1', [
      context.tenantId,
    ]);
    expect(rows).toEqual([{ currency: 'EUR' }]);
  });

  it('without a rate that is one is as it is written', async () => {
    const context = await driver.tenant('EUR');

    await driver.take(
      context,
      statement(
        booking('1', '9.00', '<ORIGCURRENCY><CURRATE>0<CURSYM>USD</ORIGCURRENCY>'),
        booking('2', '8.00', '<CURRENCY><CURRATE>1<CURSYM>EUR</CURRENCY>'),
      ),
    );

    expect(await driver.spent(context)).toEqual({ 'Shop 1': 900, 'Shop 2': 800 });
  });
});
