import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';

const rowsOf = (cells: string): string => `${cells}\n${cells.replace('2025-01-01', '2025-01-02')}\n`;

const uncounted = async (header: string, cells: string, mapping = {}): Promise<string[]> =>
  (await readPurchases(`${header}\n${rowsOf(cells)}`, 'EUR', mapping)).format.uncounted;

describe('money that is not counted', () => {
  it.each([
    ['Date,Merchant,Amount,VAT,Total', '2025-01-01,a,10.00,2.00,12.00', ['Total']],
    ['Date,Merchant,Amount,Tip,Fee', '2025-01-01,a,10.00,2.00,1', ['Tip', 'Fee']],
    ['Date,Merchant,Amount,VAT amount', '2025-01-01,a,10.00,2.00', ['VAT amount']],
    ['Date,Merchant,Amount,Debit', '2025-01-01,a,10.00,11.00', ['Amount']],
    ['Datum;Text;Betrag;Gebühr', '2025-01-01;a;10,00;2', ['Gebühr']],
  ])('is in %s', async (header, cells, expected) => {
    expect(await uncounted(header, cells)).toEqual(expected);
  });

  it.each([
    ['running numbers and codes', 'Date,Merchant,Amount,Row,Site', '2025-01-01,a,10.00,7,4711'],
    ['balances and limits', 'Date,Merchant,Amount,Balance,Available balance', '2025-01-01,a,10.00,70.00,90.00'],
    ['rates and quantities', 'Date,Merchant,Amount,Exchange rate,Quantity', '2025-01-01,a,10.00,1.10,2.00'],
    ['what is booked without its tax', 'Date,Merchant,Net amount,Gross amount', '2025-01-01,a,10.00,12.00'],
    ['nothing but zeros', 'Date,Merchant,Amount,Fee', '2025-01-01,a,10.00,0.00'],
    ['what is booked once more', 'Date,Merchant,Amount,Total', '2025-01-01,a,10.00,10.00'],
    ['numbers of those who take it', 'Date,Merchant,Amount,VAT number', '2025-01-01,a,10.00,123456'],
    ['balances in one word', 'Date,Merchant,Amount,accountbalance', '2025-01-01,a,10.00,70.00'],
    ['texts with numbers', 'Date,Merchant,Amount,Terms', '2025-01-01,a,10.00,12.00 per month'],
  ])('is not in %s', async (_what, header, cells) => {
    expect(await uncounted(header, cells)).toEqual([]);
  });

  it('is none in a column that is left out', async () => {
    const columns = { Fee: null };

    expect(await uncounted('Date,Merchant,Amount,Fee', '2025-01-01,a,10.00,2.00', { columns })).toEqual([]);
  });
});
