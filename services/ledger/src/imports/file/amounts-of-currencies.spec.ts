import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import { rowParser } from './parse-row.ts';

/** What is booked of each row, and what is wrong with the others. */
async function amountsOf(text: string, tenantCurrency: string, mapping = {}) {
  const { purchases, refused } = await readPurchases(text, tenantCurrency, mapping);
  return [
    ...purchases.map(({ amount }) => `${amount.amountMinor} ${amount.currency}`),
    ...refused.map(([line, code]) => `${line} ${code}`),
  ];
}

describe('an amount that could have three decimals or a thousand', () => {
  const dinars = ['1005 KWD', '12500 KWD'];

  it.each([
    ['beside it', 'date,merchant,amount,currency\n2025-01-02,a,1.005,KWD\n2025-01-03,b,12.500,KWD\n', {}],
    ['in its cell', 'date,merchant,amount\n2025-01-02,a,KWD 1.005\n2025-01-03,b,12.500 KWD\n', {}],
    ['in the header', 'date,merchant,Amount (KWD)\n2025-01-02,a,1.005\n2025-01-03,b,12.500\n', {}],
    [
      'in a mapping',
      'date,merchant,amount\n2025-01-02,a,1.005\n2025-01-03,b,12.500\n',
      { defaults: { currency: 'KWD' } },
    ],
  ])('has the decimals of the currency that is named %s, not of the books', async (_where, text, mapping) => {
    expect(await amountsOf(text, 'EUR', mapping)).toEqual(dinars);
  });

  it('has them where another column says what was charged', async () => {
    const text = 'date,original amount,original currency,billing amount\n2025-01-02,1.005,KWD,3\n';

    expect(await amountsOf(text, 'EUR')).toEqual(['1005 KWD']);
  });

  it('has none of them in a currency of two, whatever the books are kept in', async () => {
    const text = 'date,merchant,amount,currency\n2025-01-02,a,"1,234",EUR\n2025-01-03,b,"2,500",EUR\n';

    expect(await amountsOf(text, 'KWD')).toEqual(['123400 EUR', '250000 EUR']);
  });

  it('is none in a currency that has no decimals', async () => {
    const text = 'date,merchant,amount\n2025-01-02,a,"1,234"\n';

    expect((await readPurchases(text, 'JPY')).format.isDecimalMarkAssumed).toBe(false);
    expect(await amountsOf(text, 'JPY')).toEqual(['1234 JPY']);
  });

  it.each([
    ['such amounts alone', '"1,234"', {}, true],
    ['none of them', '12', {}, false],
    ['others beside them', '12.50', {}, false],
    ['a mapping that says', '"1,234"', { decimal_mark: '.' as const }, false],
  ])('is assumed to have what it has in a file with %s', async (_what, cell, mapping, isAssumed) => {
    const rows = isAssumed || 'decimal_mark' in mapping ? [cell] : cell === '12' ? [cell] : ['"1,234"', cell];
    const text = ['date,merchant,amount', ...rows.map((amount) => `2025-01-02,a,${amount}`), ''].join('\n');

    expect((await readPurchases(text, 'EUR', mapping)).format.isDecimalMarkAssumed).toBe(isAssumed);
  });
});

describe('a sign of a currency', () => {
  it.each([
    ['Amount ($)', 'EUR', '500 USD'],
    ['Amount $', 'EUR', '500 USD'],
    ['$ Amount', 'EUR', '500 USD'],
    ['Debit $', 'EUR', '500 USD'],
    ['Amount (A$)', 'EUR', '500 AUD'],
    ['Amount ($)', 'AUD', '500 AUD'],
    ['Amount (¥)', 'EUR', '5 JPY'],
    ['Amount (¥)', 'CNY', '500 CNY'],
    ['Amount (￥)', 'EUR', '5 JPY'],
    ['Amount (Ft)', 'EUR', '500 HUF'],
    ['Amount (kr)', 'DKK', '500 DKK'],
    ['Bedrag (EUR)', 'USD', '500 EUR'],
    ['Betrag (€)', 'USD', '500 EUR'],
    ['Amount (USD)', 'EUR', '500 USD'],
    ['Amount', 'EUR', '500 EUR'],
  ])('in the header %s of books in %s is meant: %s', async (header, tenantCurrency, expected) => {
    expect(await amountsOf(`Date,Merchant,${header}\n2025-01-02,a,5.00\n`, tenantCurrency)).toEqual([expected]);
  });

  it.each([
    ['5000 Ft', 'EUR', '500000 HUF'],
    ['RM 50', 'EUR', '5000 MYR'],
    ['kr 100', 'EUR', '2 currency_unknown'],
    ['kr 100', 'SEK', '10000 SEK'],
    ['100 kr.', 'NOK', '10000 NOK'],
    ['12 lei', 'EUR', '2 currency_unknown'],
    ['12 lei', 'MDL', '1200 MDL'],
    ['Rs. 12', 'LKR', '1200 LKR'],
    ['Fr. 12', 'CHF', '1200 CHF'],
    ['￥500', 'EUR', '500 JPY'],
    ['￥500', 'CNY', '50000 CNY'],
    ['＄5', 'EUR', '500 USD'],
    ['5 £', 'EUR', '500 GBP'],
  ])('in the cell %s of books in %s is meant: %s', async (cell, tenantCurrency, expected) => {
    expect(await amountsOf(`Date,Merchant,Amount\n2025-01-02,a,${cell}\n`, tenantCurrency)).toEqual([expected]);
  });

  it.each([
    ['a header', 'Date,Merchant,Amount (NOK)\n2025-01-02,a,kr 100\n', {}],
    ['a mapping', 'Date,Merchant,Amount\n2025-01-02,a,kr 100\n', { defaults: { currency: 'NOK' } }],
    ['a cell', 'Date,Merchant,Amount,Currency\n2025-01-02,a,kr 100,NOK\n', {}],
  ])('that several share is what %s says', async (_what, text, mapping) => {
    expect(await amountsOf(text, 'EUR', mapping)).toEqual(['10000 NOK']);
  });
});

describe('an amount whose header names its currency', () => {
  const charged = async (header: string, cells: string, mapping = {}) =>
    (await readPurchases(`${header}\n2025-02-01,a,${cells}\n`, 'EUR', mapping)).purchases.map(
      ({ amount, booked }) => `${amount.amountMinor} ${amount.currency} ${booked?.amountMinor} ${booked?.currency}`,
    );

  it.each(['Amount in EUR', 'Amount (EUR)', 'EUR Amount', 'Betrag in EUR', 'Amount EUR', 'Amount (€)'])(
    '(%s) is what was charged of the amount in another',
    async (header) => {
      expect(await charged(`Date,Merchant,Amount,Currency,${header}`, '10.00,USD,9.00')).toEqual(['1000 USD 900 EUR']);
      expect(await charged(`Date,Merchant,${header},Currency,Amount`, '9.00,USD,10.00')).toEqual(['1000 USD 900 EUR']);
      expect(await charged(`Date,Merchant,Amount,Currency,${header}`, '9.00,EUR,9.00')).toEqual(['900 EUR 900 EUR']);
    },
  );

  it('is in that currency where it is the only one', async () => {
    expect(await charged('Date,Merchant,Amount (EUR),Currency', '9.00,USD')).toEqual(['900 EUR 900 EUR']);
    expect(await charged('Date,Merchant,Amount ($),Currency', '9.00,EUR')).toEqual(['900 EUR 900 EUR']);
  });

  it('is read as it was where it came before that was known', async () => {
    const { format } = await readPurchases('Date,Merchant,Amount (EUR),Currency\n2025-02-01,a,9.00,USD\n', 'EUR');
    const columns = format.columns.map(({ isInCurrency: _, ...column }) => column);
    const parse = rowParser({ ...format, columns }, { today: '2025-06-15', tenantCurrency: 'EUR' });

    expect(parse(['2025-02-01', 'a', '9.00', 'USD'])).toMatchObject({ purchase: { amount: { currency: 'USD' } } });
  });

  it('makes no account or anything else of what begins with a code', async () => {
    const { format } = await readPurchases('Date,Merchant,Amount,EUR Account\n2025-02-01,a,9.00,x\n', 'EUR');

    expect(format.columns.map(({ header }) => header)).not.toContain('EUR Account');
  });
});
