import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';

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
