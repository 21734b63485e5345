import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';

/** Whether a row of a bank's statement in which money came in is taken for a refund. */
async function isRefund(row: string, header = 'Date,Description,Amount,Balance'): Promise<boolean> {
  const rest = header.split(',').length > 4 ? ',' : '';
  const rows = [row, `2024-01-03,rent,-800.00,2300.00${rest}`, `2024-01-04,tea,-4.20,2295.80${rest}`];
  const { purchases, skipped } = await readPurchases(`${[header, ...rows].join('\n')}\n`, 'GBP');
  expect(purchases.length + skipped.length).toBe(3);
  return skipped.length === 0;
}

describe('money that came into an account', () => {
  it.each(
    [
      ...[
        'Refund tea',
        'AMZN refund*123',
        'tea (refunded)',
        'Reversal of fee',
        'Chargeback 12',
        'Rückerstattung Tinte',
      ],
      ...['STORNO', 'Stornobuchung', 'Retourengutschrift', 'remboursement', 'Kostenerstattung'],
    ].map((text) => [text]),
  )('is a refund where its text says so: %s', async (text) => {
    expect(await isRefund(`2024-01-02,${text},500.00,3100.00`)).toBe(true);
  });

  it.each(
    [
      ...['Non-refundable deposit from client', 'Refundable deposit', 'non-refund deposit', 'Tax refund office salary'],
      ...['Refund department rent', 'Prefunding', 'Salary'],
    ].map((text) => [text]),
  )('is none where its text only has such a word in it: %s', async (text) => {
    expect(await isRefund(`2024-01-02,${text},500.00,3100.00`)).toBe(false);
  });

  it('is one where a cell says that and nothing else, whatever its column is called', async () => {
    const header = 'Date,Description,Amount,Balance,Kind';

    expect(await isRefund('2024-01-02,Tea shop,4.20,3100.00,CARD_REFUND', header)).toBe(true);
    expect(await isRefund('2024-01-02,Tea shop,4.20,3100.00,Refund policy seen by Ada', header)).toBe(false);
  });
});
