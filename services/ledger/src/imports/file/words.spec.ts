import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import { directionOf } from './direction.ts';

describe('words for money that came back, in a column of directions', () => {
  it.each([
    ...['Chargeback', 'Charge-back', 'REVERSAL', 'Rücklastschrift', 'Rückbuchung', 'Storno', 'Erstattung'],
    ...['Remboursement', 'Contre-passation', 'Devolución', 'Contracargo', 'Rimborso', 'Terugboeking', 'Terugbetaling'],
  ])('are known: %s', async (word) => {
    const file = `Date,Merchant,Type,Amount\n2025-02-01,a,Purchase,10.00\n2025-02-02,b,Sale,9.00\n2025-02-03,c,${word},7.00\n`;

    const { purchases, format } = await readPurchases(file, 'EUR');

    expect(purchases.map(({ amount }) => Number(amount.amountMinor))).toEqual([1_000, 900, -700]);
    expect(format.unknownWords).toEqual([]);
  });

  it('say nothing in files that were read before they were known', () => {
    expect([directionOf('Chargeback', 2), directionOf('Credit', 2), directionOf('Chargeback', 3)]).toEqual([
      undefined,
      -1,
      -1,
    ]);
  });
});

const statusFile = (...words: readonly string[]): string =>
  ['Date;Merchant;Status;Amount', ...words.map((word, at) => `2025-05-01;shop ${at};${word};1${at}.00`), ''].join('\n');

describe('words of a status', () => {
  it.each(['Hold', 'On hold', 'Processing', 'In Bearbeitung', 'Ausstehend', 'En cours', 'In behandeling'])(
    'say that it is not booked yet: %s',
    async (word) => {
      const { purchases, skipped } = await readPurchases(statusFile('Completed', word), 'EUR');
      expect([purchases.length, skipped]).toEqual([1, [[3, 'not_booked']]]);
    },
  );

  it.each(['Nicht ausgeführt', 'Not executed', 'Unsuccessful', 'Non exécuté', 'No ejecutado', 'Niet uitgevoerd'])(
    'say that nothing was paid: %s',
    async (word) => {
      const { purchases, refused } = await readPurchases(statusFile('Completed', word), 'EUR');
      expect([purchases.length, refused]).toEqual([1, [[3, 'not_completed']]]);
    },
  );
});

describe('words that nobody knows', () => {
  it('are named where others of a status are known, and their rows counted', async () => {
    const words = ['Approved', 'Disputed', 'Duplicate', 'Disputed', 'Gebucht', 'Declined', ''];

    const { format } = await readPurchases(statusFile(...words), 'EUR');

    expect(format.unknownWords).toEqual([
      { header: 'Status', field: 'status', words: ['Disputed', 'Duplicate'], rows: 3 },
    ]);
  });

  it('are not where none is known, as of a column of states', async () => {
    expect((await readPurchases(statusFile('NY', 'CA'), 'EUR')).format.unknownWords).toEqual([]);
  });

  it.each([
    ['are named where nothing else tells the direction', '7.00', ['Adjustment']],
    ['are not where a minus does', '-7.00', undefined],
  ])('%s', async (_what, amount, words) => {
    const rows = ['2025-02-01,a,Purchase,10.00', '2025-02-01,b,Purchase,5.00', `2025-02-01,c,Adjustment,${amount}`];

    const { format } = await readPurchases(`Date,Merchant,Type,Amount\n${rows.join('\n')}\n`, 'EUR');

    expect(format.unknownWords[0]?.words).toEqual(words);
  });
});

describe('rows that say nothing but that they are a sum or a balance', () => {
  it.each([
    'Total',
    'Closing balance',
    'SALDO',
    'Endsaldo',
    'Opening Balance:',
    'Summe',
    'Saldo per 31.12.2024',
    'Solde final',
  ])('are counted: %s', async (text) => {
    const file = `Date;Merchant;Amount\n2025-09-01;a;1.00\n2025-09-30;${text};3.00\n`;
    const { purchases, format } = await readPurchases(file, 'EUR');
    expect([purchases.length, format.totals]).toEqual([2, { rows: 1, words: [text] }]);
  });

  it.each(['Total Energies', 'Balance board', 'Summer school'])(
    'are not where it is called otherwise: %s',
    async (text) => {
      const { format } = await readPurchases(`Date;Merchant;Amount\n2025-09-30;${text};3.00\n`, 'EUR');
      expect(format.totals).toBeUndefined();
    },
  );

  it('are not where another text says what it is', async () => {
    const file = 'Date;Merchant;Description;Amount\n2025-09-30;Total;Fuel;3.00\n';
    expect((await readPurchases(file, 'EUR')).format.totals).toBeUndefined();
  });
});
