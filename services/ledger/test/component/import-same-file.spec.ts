import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { processImport } from '../../src/imports/process-import.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const file = `date,merchant,amount,note
2025-01-13,tea,1.50,cup
2025-01-14,bread,2.50,loaf
`;

describe('the same file, read in another way', () => {
  it('adds what was refused or skipped the first time', async () => {
    const context = await driver.tenant();
    const mixed =
      'date,merchant,amount,currency\n2025-01-13,tea,1.50,GBP\n2025-01-14,cake,3.00,ZZZ\n2025-01-15,back,-1.00,GBP\n';
    const first = await driver.take(context, mixed, { mapping: { credits: 'skip' } });

    const second = await driver.take(context, mixed, {
      mapping: { columns: { currency: '' }, credits: 'refund' },
    });

    expect(first).toMatchObject({ imported: 1, skipped: 1, refused: 1 });
    expect(second).toMatchObject({ imported: 2, duplicates: 1, refused: 0 });
    expect(await driver.spent(context)).toEqual({ back: -100, cake: 300, tea: 150 });
  });

  it('adds all of it where the first import was taken back, and nothing then', async () => {
    const context = await driver.tenant();
    const mapping = { columns: { note: '' } };
    const first = await driver.take(context, file);
    await driver.take(context, file, { mapping });
    await driver.undo(context, first.id);

    const seen = await driver.preview(context, file, { mapping });
    const second = await driver.take(context, file, { mapping });
    const third = await driver.take(context, file);

    expect(seen).toMatchObject({ fresh: 2, preview: { warnings: [] } });
    expect([second.imported, third.imported]).toEqual([2, 0]);
    expect(await driver.spent(context)).toEqual({ bread: 250, tea: 150 });
  });

  it('adds all of it where the first one was only looked at', async () => {
    const context = await driver.tenant();
    const { id } = await driver.preview(context, file);
    await driver.imports.handlers.discardImport(context, { importId: id });
    await driver.preview(context, file);

    expect(await driver.take(context, file, { mapping: { columns: { note: '' } } })).toMatchObject({ imported: 2 });
  });

  it('adds nothing where its purchases had come with another file', async () => {
    const context = await driver.tenant();
    await driver.take(context, `${file}2025-01-15,milk,1.00,\n`);
    await driver.take(context, file);

    const again = await driver.take(context, file, { mapping: { columns: { note: '' } } });

    expect(again).toMatchObject({ imported: 0, duplicates: 2 });
  });

  it('goes on to know what was edited, or reversed by hand', async () => {
    const context = await driver.tenant();
    await driver.take(context, file);
    await driver.admin.query(
      "update ledger.expenses set title = 'coffee', status = 'reversed' where tenant_id = $1 and title = 'tea'",
      [context.tenantId],
    );

    const again = await driver.take(context, file, { mapping: { columns: { note: '' } } });

    expect(again).toMatchObject({ imported: 0, duplicates: 2 });
  });
});

it('a file that comes twice at once, read in two ways, is booked once', async () => {
  const idle = await startImports({ withWorker: false });
  try {
    const context = await idle.tenant();
    const rows = Array.from({ length: 1_200 }, (_, row) => `2025-01-13,tea ${row},1.50,cup`);
    const long = `date,merchant,amount,note\n${rows.join('\n')}\n`;
    const [one, two] = [
      await idle.send(context, long),
      await idle.send(context, long, { mapping: { columns: { note: '' } } }),
    ];
    const work = (id: string) => processImport(idle.work, context.tenantId, id);

    await Promise.all([work(one.id), work(two.id)]);

    const [first, second] = [await idle.finished(context, one.id), await idle.finished(context, two.id)];
    expect([first.imported + second.imported, first.duplicates + second.duplicates]).toEqual([1_200, 1_200]);
  } finally {
    await idle.stop();
  }
});
