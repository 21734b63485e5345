import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const header = 'Date,Amount,Description';
const fileOf = (...rows: readonly string[]): string => `${[header, ...rows].join('\n')}\n`;

describe('a file of a few amounts, all with a minus', () => {
  const two = ['2025-03-13,-12.50,Coffee', '2025-03-14,-80.00,Train'];

  it('is taken as spent, which its preview says, with the mapping that makes refunds of it', async () => {
    const context = await driver.tenant();

    const seen = await driver.preview(context, fileOf(...two));
    const other = await driver.preview(context, fileOf(...two), { mapping: { amounts: 'spent_positive' } });

    expect(seen.preview).toMatchObject({ spent: { amountMinor: 9_250n }, refunded: { amountMinor: 0n } });
    expect(seen.preview!.warnings).toEqual([
      {
        ...{ code: 'sign_assumed', column: 'Amount', rows: 0 },
        message: expect.stringMatching(/All amounts have a minus.*as spent.*\{"amounts":"spent_positive"\}/),
      },
    ]);
    expect(other.preview).toMatchObject({
      ...{ spent: { amountMinor: 0n }, refunded: { amountMinor: 9_250n }, warnings: [] },
    });
  });

  it('has nothing that a longer one brings again', async () => {
    const context = await driver.tenant();

    await driver.take(context, fileOf(two[0]!));
    await driver.take(context, fileOf(...two));
    const third = await driver.take(context, fileOf(...two, '2025-03-15,-7.00,Book'));

    expect(third).toMatchObject({ imported: 1, duplicates: 2 });
    expect(await driver.spent(context)).toEqual({ Coffee: 1_250, Train: 8_000, Book: 700 });
  });
});
