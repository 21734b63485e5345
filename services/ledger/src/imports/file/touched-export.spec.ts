import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import { exportHeader } from './export-columns.ts';
import { fingerprintOf } from './fingerprint.ts';

const expense: Readonly<Record<string, string>> = {
  ...{ id: '0197a3c0-1111-7000-8000-000000000001', expense_date: '2025-01-15', amount: '1250.50', currency: 'USD' },
  ...{ booked_amount: '1141.21', booked_currency: 'EUR', exchange_rate: '0.9126', rate_source: 'given' },
  ...{ rate_date: '2025-01-14', title: 'Desks', description: 'four of them', category: 'Furniture' },
  ...{
    category_path: 'Office/Furniture',
    account: 'Card',
    account_kind: 'card',
    account_currency: 'USD',
    project: 'HQ',
  },
  ...{
    payment_method: 'credit_card',
    tags: 'oak;desk',
    vendor: 'Ikea',
    status: 'posted',
    user_id: 'u',
    created_at: 'c',
  },
};

type Row = Readonly<Record<string, string>>;

const fileOf = (names: readonly string[], rows: readonly Row[], header = names, delimiter = ','): string =>
  [header, ...rows.map((row) => names.map((name) => row[name] ?? ''))]
    .map((cells) => `${cells.map((cell) => `"${cell}"`).join(delimiter)}\r\n`)
    .join('');

const untouched = fileOf(exportHeader, [expense]);

async function printsOf(text: string) {
  const { purchases, format } = await readPurchases(text, 'EUR');
  return [format.kind, ...purchases.map((purchase) => fingerprintOf(purchase).toString('hex'))];
}

describe('an export of ours', () => {
  const names: readonly string[] = exportHeader;

  it('has the fingerprints it has always had', async () => {
    expect(await printsOf(untouched)).toEqual(['outlay', '0e7ceebf998dfc2af122361a0c13b9ea']);
  });

  it('is read as it is quoted where somebody has left a quote open', async () => {
    const touched = fileOf(names, [expense, { ...expense, title: 'Chairs, "oak"' }]).replaceAll('"oak"', '""oak""');

    const { purchases, refused, format } = await readPurchases(touched.replace(/"\r\n$/, '\r\n'), 'EUR');

    expect([purchases.map(({ title }) => title), refused]).toEqual([['Desks', 'Chairs, "oak"'], []]);
    expect([format.kind, format.unclosedQuotes]).toEqual(['outlay', { rows: 1, lines: [3] }]);
  });

  it.each([
    [
      'with columns left out',
      fileOf(
        names.filter((name) => !['user_id', 'created_at'].includes(name)),
        [expense],
      ),
    ],
    ['with columns moved', fileOf(names.toReversed(), [expense])],
    ['with a column added', fileOf(['note', ...names], [{ ...expense, note: 'mine' }])],
    [
      'in capital letters',
      fileOf(
        names,
        [{ ...expense, status: 'Posted' }],
        names.map((name) => name.toUpperCase()),
      ),
    ],
    [
      'in words',
      fileOf(
        names,
        [expense],
        names.map((name) => name.replaceAll('_', ' ')),
      ),
    ],
    [
      'saved by a German spreadsheet',
      fileOf(
        names,
        [
          {
            ...expense,
            ...{ expense_date: '15.01.2025', amount: '1250,5', booked_amount: '1.141,21', exchange_rate: '0,9126' },
            ...{ rate_date: '14.01.2025' },
          },
        ],
        names,
        ';',
      ),
    ],
  ])('comes back as it was, %s', async (_how, text) => {
    const before = (await readPurchases(untouched, 'EUR')).purchases;

    const { format, purchases, refused } = await readPurchases(text, 'EUR');

    expect([format.kind, refused]).toEqual(['outlay', []]);
    expect(purchases).toEqual(before);
    expect(purchases[0]).toMatchObject({
      ...{ title: 'Desks', paymentMethod: 'credit_card', categoryPath: ['Office', 'Furniture'] },
      ...{ amount: { amountMinor: 125_050n }, rate: { rate: '0.9126', source: 'given', date: '2025-01-14' } },
    });
  });

  it.each(['reversed', 'Reversed', 'draft'])('leaves out what was %s, wherever that is said', async (status) => {
    const text = fileOf(names.toReversed(), [expense, { ...expense, status }]);

    expect(await readPurchases(text, 'EUR')).toMatchObject({ skipped: [[3, 'not_in_books']], purchases: [{}] });
  });

  it('tells what was booked though the rate is left out', async () => {
    const text = fileOf(
      names.filter((name) => name !== 'exchange_rate'),
      [expense],
    );

    expect((await readPurchases(text, 'EUR')).purchases[0]).toMatchObject({
      ...{ booked: { amountMinor: 114_121n }, rate: { source: 'billed' } },
    });
  });

  it('is a table like any other without what nobody else has', async () => {
    const own = ['expense_date', 'title', 'amount', 'currency', 'vendor', 'status', 'payment_method'];

    const { format, purchases, refused } = await readPurchases(
      fileOf(own, [expense, { ...expense, status: 'reversed' }]),
      'EUR',
    );

    expect(format.kind).toBe('csv');
    expect(purchases).toMatchObject([{ title: 'Desks', vendor: 'Ikea', paymentMethod: 'credit_card' }]);
    expect(refused).toEqual([[3, 'not_completed']]);
  });

  it.each([
    ['title', '😀'.repeat(200), '😀'.repeat(201)],
    ['vendor', '𠮷'.repeat(200), '𠮷'.repeat(201)],
    ['tags', '😀'.repeat(50), '😀'.repeat(51)],
    ['category', '😀'.repeat(200), '😀'.repeat(201)],
    ['description', '😀'.repeat(5_000), '😀'.repeat(5_001)],
  ])('may hold as many emoji in a %s as the API takes, and no more', async (name, most, more) => {
    const file = (cell: string) => fileOf(names, [{ ...expense, category_path: '', [name]: cell }]);

    expect((await readPurchases(file(most), 'EUR')).refused).toEqual([]);
    expect((await readPurchases(file(more), 'EUR')).refused).toEqual([[2, 'text_too_long']]);
  });
});

describe('a row with a status', () => {
  const rowOf = async (status: string, amount = '5.00') =>
    (
      await readPurchases(`Date,Merchant,Amount,Status\n2025-01-02,a,${amount},${status}\n`, 'EUR', {
        credits: 'refund',
      })
    ).refused;

  it.each([
    ...['Reversed', 'Reverted', 'Error', 'Deleted', 'Draft', 'storniert', 'Umsatz storniert', 'Annulé', 'ANNULÉE'],
    ...['Voided', 'gelöscht', 'Refunded', 'Returned', 'Chargeback', 'Charge-back', 'Remboursé'],
  ])('of %s is no spending', async (status) => {
    expect(await rowOf(status)).toEqual([[2, 'not_completed']]);
  });

  it.each(['Completed', 'Posted', 'gebucht', '', 'Return to sender'])('of %j is', async (status) => {
    expect(await rowOf(status)).toEqual([]);
  });

  it.each(['Refunded', 'Returned', 'Chargeback'])('of %s that came back is the refund', async (status) => {
    expect(await rowOf(status, '-5.00')).toEqual([]);
  });
});

describe('the payment method of a row', () => {
  it.each([
    ['credit_card', 'credit_card'],
    ['Debit Card', 'debit_card'],
    ['direct_debit', 'direct_debit'],
    ['digital-wallet', 'digital_wallet'],
    ['bank_transfer', 'bank_transfer'],
    ['Other', 'other'],
    ['cash', 'cash'],
    ['SEPA', 'bank_transfer'],
    ['barter', ''],
  ])('%s is %j', async (cell, expected) => {
    const { purchases } = await readPurchases(
      `Date,Merchant,Amount,Payment method\n2025-01-02,a,5.00,${cell}\n`,
      'EUR',
    );
    expect(purchases[0]?.paymentMethod).toBe(expected);
  });
});
