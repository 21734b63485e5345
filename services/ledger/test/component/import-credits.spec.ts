import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const suppliers = Array.from({ length: 10 }, (_, day) => `${10 + day}.10.2025;Supplier ${day};${100 + day},00;`);
const split = (...rows: readonly string[]): string => `${['Date;Text;Debit;Credit', ...rows].join('\n')}\n`;

describe('money that came in, in a file that does not say whether it is of a card or of an account', () => {
  it.each([
    ['its sum is small', split(...suppliers, '21.10.2025;Customer X;;400,00'), 1],
    [
      'there are a few amounts',
      split('01.03.2025;Coop;200,00;', '02.03.2025;Lohn;;5000,00', '03.03.2025;SBB;30,00;'),
      1,
    ],
    [
      'columns are of Switzerland',
      'Datum;Text;Gutschrift in GBP;Lastschrift in GBP\n' +
        '31.01.2025;Migros;;-45.60\n30.01.2025;Lohn;5000;\n29.01.2025;Zins;3;\n',
      2,
    ],
    ['words give its direction', 'Date,Text,Dr/Cr,Amount\n2025-01-02,tea,D,50.00\n2025-01-03,gift,C,9.00\n', 1],
  ])(
    'is booked as refunds where %s, which a preview says, with the mapping that skips it',
    async (_what, file, rows) => {
      const context = await driver.tenant();

      const seen = await driver.preview(context, file);
      const skipped = await driver.preview(context, file, { mapping: { credits: 'skip' } });
      const wanted = await driver.preview(context, file, { mapping: { credits: 'refund' } });

      expect(seen).toMatchObject({ skipped: 0, format: { credits: 'refund' } });
      expect(seen.preview!.warnings).toEqual([
        {
          code: 'credits_booked',
          column: '',
          rows,
          message: expect.stringMatching(/taken as refunds.*{"credits": "skip"}/),
        },
      ]);
      expect([skipped.skipped, skipped.preview!.warnings, wanted.preview!.warnings]).toEqual([rows, [], []]);
    },
  );

  it.each([
    ['a column of cards', 'Date,Card,Debit,Credit\n2025-01-02,4111,50.00,\n2025-01-03,4111,,9.00\n'],
    ['words of cards', 'Date,Text,Type,Amount\n2025-01-02,tea,Sale,50.00\n2025-01-03,tea,Return,9.00\n'],
    ['words of a refund', 'Date,Text,Debit,Credit\n2025-01-02,tea,50.00,\n2025-01-03,Refund tea,,9.00\n'],
    ['a minus', 'Date,Text,Amount,Card\n2025-01-02,tea,50.00,4111\n2025-01-03,tea,-9.00,4111\n'],
  ])('is said to be a refund by %s', async (_what, file) => {
    const seen = await driver.preview(await driver.tenant(), file);

    expect(seen.preview).toMatchObject({ refunded: { amountMinor: 900n } });
    expect(seen.preview!.warnings.map(({ code }) => code)).not.toContain('credits_booked');
  });

  it('is not where there is none', async () => {
    expect((await driver.preview(await driver.tenant(), split(...suppliers))).preview!.warnings).toEqual([]);
  });
});
