import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';

/** What becomes of the last row of a card's file: its sum in pence, or why it is skipped. */
async function fateOf(text: string, { vendor = '' } = {}): Promise<number | string> {
  const rows = [
    'Date,Description,Merchant,Amount',
    '2024-01-02,tea,,4.20',
    '2024-01-03,ink,,9.00',
    '2024-01-04,pen,,1.00',
  ];
  const file = `${rows.join('\n')}\n2024-01-05,${text},${vendor},-280.00\n`;
  const { purchases, skipped } = await readPurchases(file, 'GBP');
  expect(purchases.slice(0, 3).map(({ amount }) => Number(amount.amountMinor))).toEqual([420, 900, 100]);
  const [last] = skipped;
  return last ? last[1] : Number(purchases[3]!.amount.amountMinor);
}

describe('what pays the bill of a card', () => {
  it.each(
    [
      ...[
        'PAYMENT THANK YOU',
        'PAYMENT - THANK YOU',
        'Online payment; thank you',
        'AUTOMATIC PAYMENT - THANK',
        'AUTOPAY',
      ],
      ...['AUTOPAY PAYMENT 123', 'Direct debit payment received', 'Payment received', 'PAYMENT', 'Mobile payment 0104'],
      ...['Zahlung erhalten', 'Lastschrift erhalten 04.01.', 'Zahlung - vielen Dank', 'Ihre Zahlung dankend erhalten'],
      ...[
        'Thank you for your payment',
        'PAIEMENT MERCI',
        'Paiement reçu',
        'Pago recibido',
        'PAYMENT THANK YOU/PAIEMENT MERCI',
      ],
    ].map((text) => [text]),
  )('is no expense: %s', async (text) => {
    expect(await fateOf(text)).toBe('income');
    expect(await fateOf('', { vendor: text })).toBe('income');
  });

  it.each(
    [
      ...['Refund of payment', 'PAYMENT REFUND', 'Payment received for returned ink', 'Payment terminal Ltd', 'Paypal'],
      ...[
        'Autopay Parking Ltd',
        'Amazon payment thank you',
        'Card payment',
        'Thank you shop',
        'Payments Europe',
        'ink',
      ],
      ...['Payment received - refund', 'Lastschriftrückgabe'],
    ].map((text) => [text]),
  )('is not taken for what came back: %s', async (text) => {
    expect(await fateOf(text)).toBe(-28_000);
  });

  it('is an expense where it went out', async () => {
    const file = 'Date,Description,Amount\n2024-01-02,tea,4.20\n2024-01-03,Autopay,280.00\n';

    const { purchases, skipped } = await readPurchases(file, 'GBP');

    expect(purchases.map(({ title }) => title)).toEqual(['tea', 'Autopay']);
    expect(skipped).toEqual([]);
  });

  const spent = ['tea,-4.20', 'ink,-9.00', 'pen,-1.00', 'bus,-2.00', 'rent,-263.80'].map((one) => `2024-01-02,${one}`);

  it.each([
    ['beside the numbers of cards', 'Date,Description,Amount,Card Number', ',**42'],
    ['without them', 'Date,Description,Amount', ''],
  ])(
    'leaves what came back a refund in a file that has what was spent with a minus, %s',
    async (_how, header, rest) => {
      const rows = [...spent, '2024-01-03,PAYMENT THANK YOU,280.00', '2024-01-04,tea,1.20'].map((row) => row + rest);

      const { purchases, skipped } = await readPurchases(`${[header, ...rows].join('\n')}\n`, 'GBP');

      expect(purchases.map(({ amount }) => Number(amount.amountMinor))).toEqual([420, 900, 100, 200, 26_380, -120]);
      expect(skipped).toEqual([[7, 'income']]);
    },
  );

  it('says nothing of what a minus means, however often it comes', async () => {
    const rows = ['tea,4.20', 'PAYMENT THANK YOU,-2.00', 'PAYMENT THANK YOU,-2.20'].map((one) => `2024-01-02,${one}`);

    const { purchases } = await readPurchases(`Date,Description,Amount\n${rows.join('\n')}\n`, 'GBP');

    expect(purchases.map(({ amount }) => Number(amount.amountMinor))).toEqual([420]);
  });
});
