import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import type { ImportMapping } from './mapping.ts';

/** What a row of these columns is booked at, in minor units. */
async function booked(header: string, row: string, columns: ImportMapping['columns'] = {}) {
  const { purchases, format } = await readPurchases(`Date,Merchant,${header}\n2025-01-02,tea,${row}\n`, 'EUR', {
    columns,
  });
  const fields = Object.fromEntries(format.columns.map(({ header: name, field }) => [name, field]));
  return { sums: purchases.map(({ booked: money }) => Number(money?.amountMinor)), fields };
}

describe('a column that a mapping calls the amount', () => {
  it.each([
    ['what was charged', 'Billing amount,Grand with tip', '10.00,12.00', 'Grand with tip'],
    ['a debit and a credit', 'Debit,Credit,Net spend', '10.00,,12.00', 'Net spend'],
    ['a debit, under its own name', 'Amount,Debit', '12.00,10.00', 'Amount'],
  ])('goes before one that is recognised as %s', async (_what, header, row, name) => {
    const { sums, fields } = await booked(header, row, { [name]: 'amount' });

    expect(sums).toEqual([1_200]);
    expect(Object.values(fields).toSorted()).toEqual(['amount', 'expense_date', 'vendor']);
  });

  it('stands beside what the mapping says of others', async () => {
    const columns = { Paid: 'amount', Billed: 'billed_amount' } as const;
    expect(await booked('Paid,Billed', '12.00,10.00', columns)).toMatchObject({ sums: [1_000] });
  });

  it('is what was charged beside one that was paid abroad', async () => {
    const header = 'Original amount,Original currency,Mine';
    expect(await booked(header, '10.00,USD,9.00', { Mine: 'amount' })).toMatchObject({ sums: [900] });
  });
});

describe('a column that is recognised as the amount', () => {
  it('goes behind debits', async () => {
    expect(await booked('Amount,Debit', '12.00,10.00')).toMatchObject({ sums: [1_000] });
  });
});
