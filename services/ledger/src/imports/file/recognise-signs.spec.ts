import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import type { ImportMapping } from './mapping.ts';

/** What a file of these rows, of a text and an amount, comes to. */
async function taken(amounts: readonly string[], { header = '', cells = '', mapping = {} as ImportMapping } = {}) {
  const rows = amounts.map((amount, index) => `2024-01-${10 + (index % 20)},text ${index},${amount}${cells}`);
  const file = `Date,Description,Amount${header}\n${rows.join('\n')}\n`;
  const { purchases, skipped, format } = await readPurchases(file, 'GBP', mapping);
  return {
    ...{ spent: purchases.map(({ amount }) => Number(amount.amountMinor) / 100), skipped: skipped.length },
    ...{ sign: format.signs.amount, isAssumed: format.signs.isAssumed },
  };
}

const bank = ['-40', '-40', '500', '-40', '-40', '500', '-40', '-40', '-40', '500'];

describe('what a minus means', () => {
  it('is money spent in the plain list of an account, though much came in', async () => {
    expect(await taken(bank)).toEqual({
      ...{ spent: [40, 40, 40, 40, 40, 40, 40], skipped: 3, sign: -1, isAssumed: true },
    });
  });

  it('is told where one side is four times the other, and assumed where it is not', async () => {
    const many = Array.from({ length: 19 }, () => '-5');
    expect(await taken([...many, '200'])).toMatchObject({ sign: -1, isAssumed: false });
    expect(await taken([...many.map((amount) => amount.slice(1)), '-1.50'])).toMatchObject({
      sign: 1,
      isAssumed: false,
    });
    expect(await taken(['5', '5', '5', '-5'])).toMatchObject({ sign: 1, isAssumed: true });
  });

  it('is nothing where no amount has one: what a word does not say came back was spent', async () => {
    const rows = ['Refund', 'Refund', 'Refund', 'Card payment'].map((type) => `2024-01-10,text,10.00,${type}`);
    const { purchases } = await readPurchases(`Date,Description,Amount,Type\n${rows.join('\n')}\n`, 'GBP');
    expect(purchases.map(({ amount }) => Number(amount.amountMinor))).toEqual([-1_000, -1_000, -1_000, 1_000]);
  });

  it('is money spent where most amounts of a few have it', async () => {
    expect(await taken(['-5', '-6', '2'])).toMatchObject({ sign: -1, isAssumed: true });
    expect(await taken(['-5', '6'])).toMatchObject({ sign: 1, isAssumed: true });
    expect(await taken(['-5', '6', '7', '-8'])).toMatchObject({ sign: 1, isAssumed: true });
  });

  it.each([1, 2, 3, 40])('is money spent where all of %i rows have it, which is assumed', async (rows) => {
    const amounts = Array.from({ length: rows }, (_, index) => `-${index + 5}`);
    expect(await taken(amounts)).toMatchObject({
      ...{ spent: amounts.map((amount) => -Number(amount)), sign: -1, isAssumed: true },
    });
  });

  it('is a refund where it is said, or where each of the rows that have it says so itself', async () => {
    const mapping = { amounts: 'spent_positive' } as const;
    expect(await taken(['-5', '-6'], { mapping })).toMatchObject({ spent: [-5, -6], isAssumed: false });
    const refund = { header: ',Vendor', cells: ',Refund of the railways' };
    expect(await taken(['-5'], refund)).toMatchObject({ spent: [-5], sign: 1, isAssumed: false });
    expect(await taken(['-5', '-6', '-7'], refund)).toMatchObject({ spent: [-5, -6, -7], sign: 1, isAssumed: false });
  });

  it('is assumed where all rows have it beside numbers of cards too, and not beside balances', async () => {
    expect(await taken(['-5'], { header: ',Card Number', cells: ',**42' })).toMatchObject({
      sign: -1,
      isAssumed: true,
    });
    expect(await taken(['-5'], { header: ',Balance', cells: ',1.00' })).toMatchObject({ sign: -1, isAssumed: false });
  });

  it('is counted once a row, however many amounts there are', async () => {
    const other = { header: ',Original Amount', cells: ',-7' };
    expect(await taken(['-5', '-6'], other)).toMatchObject({ sign: -1, isAssumed: true });
  });

  it.each([
    ['all are positive', ['5', '6', '7'], {}, 1],
    ['balances tell', ['-5', '6', '-7'], { header: ',Balance', cells: ',1.00' }, -1],
    ['IBANs tell', ['-5', '6', '-7'], { header: ',IBAN', cells: ',GB01' }, -1],
    ['the numbers are of cards', ['-5', '6', '7'], { header: ',Card Number', cells: ',**42' }, 1],
    ['marks of credits tell', ['5.00', '6.00 CR', '7.00 CR', '8.00 CR'], {}, 1],
    ['marks of debits tell', ['-5.00 DR', '6.00', '7.00'], {}, -1],
    ['a column of words tells', ['5', '-6', '-7'], { header: ',Dr/Cr', cells: ',D' }, -1],
    ['it is said', ['-5', '-6', '7'], { mapping: { amounts: 'spent_positive' } as const }, 1],
  ])('is not assumed where %s', async (_what, amounts, given, sign) => {
    expect(await taken(amounts, given)).toMatchObject({ sign, isAssumed: false });
  });

  it('is not assumed where only the payment of the bill has it', async () => {
    const file = 'Date,Description,Amount\n2024-01-02,tea,4.20\n2024-01-03,PAYMENT THANK YOU,-280.00\n';

    const { format } = await readPurchases(file, 'GBP');

    expect(format.signs).toMatchObject({ amount: 1, isAssumed: false });
  });

  it.each([
    ['is a refund', 'has it as well, which is assumed', '-280.00', { amount: 1, isAssumed: true }],
    ['is money spent', 'has none', '280.00', { amount: -1, isAssumed: false }],
  ])('%s where the payment of the bill %s', async (_what, _where, bill, signs) => {
    const file = `Date,Description,Amount\n2024-01-02,tea,-4.20\n2024-01-03,PAYMENT THANK YOU,${bill}\n`;

    const { format } = await readPurchases(file, 'GBP');

    expect(format.signs).toMatchObject(signs);
  });

  it('is told by what is beside it only in words that are known', async () => {
    const words = { header: ',Dr/Cr', cells: ',Adjustment' };
    expect(await taken(['-5', '-6'], words)).toMatchObject({ spent: [5, 6], isAssumed: true });
    expect(await taken(['-5', '-6', '-7'], words)).toMatchObject({ spent: [5, 6, 7], isAssumed: true });
  });

  it.each([
    ['as many have none', ['-5', '6', '7'], -1],
    ['many more have none', ['-5', '6', '7', '8'], 1],
    ['none has one', ['5', '6'], 1],
  ])('is assumed beside balances where %s', async (_what, amounts, sign) => {
    const balances = { header: ',Balance', cells: ',1.00' };
    expect(await taken(amounts, balances)).toMatchObject({ sign, isAssumed: true });
  });

  it('is told beside balances where a refund has none', async () => {
    const file =
      'Date,Description,Amount,Balance\n2024-01-02,tea,-4,9\n2024-01-03,Refund tea,4,9\n2024-01-04,pay,9,9\n';
    expect((await readPurchases(file, 'GBP')).format.signs).toMatchObject({ amount: -1, isAssumed: false });
  });
});
