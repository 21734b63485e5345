import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const fileOf = (...rows: readonly string[]): string => `${['Date,Amount,Description', ...rows].join('\n')}\n`;
const purchases = ['2025-03-01,12.50,Coffee', '2025-03-02,80.00,Train', '2025-03-03,-30.00,Lamp'];
const refunds = ['2025-03-03,-30.00,Lamp', '2025-03-04,-4.00,Book', '2025-03-05,-5.00,Pen'];

const account = (...amounts: readonly number[]): string =>
  `Date,Text,Amount,Balance\n${amounts.map((amount, at) => `2025-03-${10 + at},text ${at},${amount},1000\n`).join('')}`;

const assumed = (message: RegExp) => ({
  ...{ code: 'sign_assumed', column: 'Amount', rows: 0, message: expect.stringMatching(message) },
});

describe('a file of which the number of amounts alone tells what a minus means', () => {
  it('says so of a statement of an account where as many amounts have none', async () => {
    const context = await driver.tenant();

    const seen = await driver.preview(context, account(150, 160, -80, 170, 180, 190, -90, 200, 210));

    expect(seen.preview!.warnings).toContainEqual(
      assumed(/the positive ones are taken as spent.*\{"amounts":"spent_negative"\}/),
    );
  });

  it('says so of a statement of an account where none has one', async () => {
    const seen = await driver.preview(await driver.tenant(), account(500, 300));

    expect(seen.preview!.warnings).toContainEqual(
      assumed(/No amount has a minus.*taken as spent.*\{"amounts":"spent_negative"\}/),
    );
  });

  it('says nothing of a statement that has more of them with a minus', async () => {
    const seen = await driver.preview(await driver.tenant(), account(-80, -70, 500));

    expect(seen.preview!.warnings.map(({ code }) => code)).toEqual(['credits_skipped']);
  });

  it('says so where all of many have one, beside numbers of cards as well', async () => {
    const context = await driver.tenant();
    const cards = fileOf(...refunds).replaceAll('\n20', '\n**42,20');

    const plain = await driver.preview(context, fileOf(...refunds));
    const card = await driver.preview(context, cards.replace('Date,', 'Card number,Date,'));

    for (const { preview } of [plain, card]) {
      expect(preview!.warnings).toEqual([assumed(/All amounts have a minus.*taken as spent/)]);
    }
  });
});

describe('such a file with the header of another that was booked', () => {
  it('is read as that was, in its preview and when it is booked, and says so', async () => {
    const context = await driver.tenant();
    await driver.take(context, fileOf(...purchases));

    const seen = await driver.preview(context, fileOf(...refunds));
    const done = await driver.commit(context, seen.id);

    expect(seen).toMatchObject({ fresh: 2, duplicates: 1, format: { amounts: 'spent_positive' } });
    expect(seen.preview!.warnings).toEqual([
      assumed(/as in the last import .*with this header.*refunds.*\{"amounts":"spent_negative"\}/),
    ]);
    expect(done).toMatchObject({ imported: 2, duplicates: 1 });
    expect(await driver.spent(context)).toEqual({ Coffee: 1_250, Train: 8_000, Lamp: -3_000, Book: -400, Pen: -500 });
  });

  it('adds nothing of the refunds of a card, taken out of a file that was booked', async () => {
    const context = await driver.tenant();
    const bytes = await fixture('purchase-cards/purchase-card-transactions-201612.csv');
    const [header, ...rows] = bytes.toString('latin1').split(/\r?\n/);
    const back = rows.filter((row) => row.split(';')[2]?.startsWith('-'));
    await driver.take(context, bytes);

    const done = await driver.take(context, Buffer.from([header, ...back, ''].join('\n'), 'latin1'));

    expect(done).toMatchObject({ rowsTotal: 132, imported: 0, duplicates: 132 });
  });

  it('assumes nothing where both tell the same, as the newest of them does', async () => {
    const context = await driver.tenant();
    await driver.take(context, fileOf(...purchases));
    await driver.take(context, fileOf('2025-04-01,-7.00,Tea'), { mapping: { amounts: 'spent_negative' } });

    const seen = await driver.preview(context, fileOf(...refunds));

    expect(seen.format).toMatchObject({ amounts: 'spent_negative' });
    expect(seen.preview!.warnings).toEqual([]);
  });

  it('reads what comes into an account as it is shown there', async () => {
    const context = await driver.tenant();
    await driver.take(context, account(-80, -70, 500));

    const seen = await driver.preview(context, account(600, 700));

    expect(seen).toMatchObject({ fresh: 0, skipped: 2, format: { amounts: 'spent_negative', credits: 'skip' } });
    expect(seen.preview!.warnings.map(({ code }) => code)).toEqual(['sign_assumed', 'credits_skipped']);
  });

  it.each([
    ['was taken back', async (context: Context, id: string) => driver.undo(context, id)],
    ['is of somebody else', async (context: Context) => Object.assign(context, await driver.tenant())],
  ])('goes by its own amounts where the other %s', async (_what, change) => {
    const context = await driver.tenant();
    const { id } = await driver.take(context, fileOf(...purchases));
    await change(context, id);

    const seen = await driver.preview(context, fileOf(...refunds));

    expect(seen.format).toMatchObject({ amounts: 'spent_negative' });
  });

  it.each([
    ['has another header', () => fileOf(...refunds).replace('Description', 'Text'), {}],
    ['was only looked at', () => fileOf(...refunds), { dryRun: true }],
  ])('goes by its own amounts where the other %s', async (_what, file, described) => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, fileOf(...purchases), described);
    await driver.finished(context, id, 'dryRun' in described ? 'previewed' : 'completed');

    expect((await driver.preview(context, file())).format).toMatchObject({ amounts: 'spent_negative' });
  });

  it('is read as is said of it', async () => {
    const context = await driver.tenant();
    await driver.take(context, fileOf(...purchases));

    const seen = await driver.preview(context, fileOf(...refunds), { mapping: { amounts: 'spent_negative' } });

    expect([seen.format!.amounts, seen.preview!.warnings]).toEqual(['spent_negative', []]);
  });
});

type Context = Awaited<ReturnType<ImportDriver['tenant']>>;
