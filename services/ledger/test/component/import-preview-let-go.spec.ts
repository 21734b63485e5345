import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { processImport } from '../../src/imports/process-import.ts';
import { fileOf, nothing, type Previews, startPreviews } from './import-preview-driver.ts';

let driver: Previews;
beforeAll(async () => {
  driver = await startPreviews();
});
afterAll(() => driver.stop());

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

describe('a preview that somebody lets go of while its rows are looked at', () => {
  it('gives its place back at once, and nothing of it is left', async () => {
    const context = await driver.tenant();
    const waiting = await driver.send(context, fileOf(40), { dryRun: true });
    const half = await driver.lookAtHalf(context);
    expect(await driver.kept(half)).toMatchObject({ rows: 20, batches: 2 });
    while ((await Promise.allSettled([driver.send(context, fileOf(1))]))[0].status === 'fulfilled');

    for (const id of [waiting.id, half]) await driver.discard(context, id);

    for (const _place of [1, 2]) await driver.send(context, fileOf(1));
    await expect(driver.send(context, fileOf(1))).rejects.toMatchObject({ code: 'too_many_imports' });
    for (const id of [waiting.id, half]) {
      expect(await processImport(driver.work, context.tenantId, id)).toBe('ended');
      await driver.drop(context, id);
      expect(await driver.find(context, id)).toMatchObject({ status: 'expired', finishedAt: expect.any(Date) });
      expect(await driver.kept(id)).toEqual(nothing);
      expect(await driver.endsToldOf(id)).toMatchObject([{ action: 'import.discarded', before: 'processing' }]);
    }
  });

  it.each([
    ['before its first piece is read', 'read_import_chunk'],
    ['when its bytes have been read', 'store_import_format'],
    ['before its rows are looked at', 'begin_import_look'],
    ['while a batch is looked at', 'advance_import'],
    ['when all rows have been looked at', 'end_import_preview'],
  ])('ends quietly, however far it is: %s', async (_when, statement) => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, fileOf(40), { dryRun: true });
    const goAway = async () => {
      // What holds the import's lock goes first; whoever lets go of it then waits.
      const discarded = driver.discard(context, id).then(() => driver.drop(context, id));
      await Promise.race([discarded, eventually(driver.expectSomebodyWaits)]);
      endings.push(() => discarded);
    };
    const database = driver.beforeStatement(statement, goAway);

    const worked = await processImport({ ...driver.work, batchSize: 10, database }, context.tenantId, id);

    expect(worked).toBe('ended');
    for (const end of endings.splice(0)) await end();
    expect(await driver.find(context, id)).toMatchObject({ status: 'expired', failureCode: '' });
    expect(await driver.kept(id)).toEqual(nothing);
  });

  const statement = [
    '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>',
    '<Ntry><Amt Ccy="GBP">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Ntry>'.repeat(10_000),
    '</Stmt></BkToCstmrStmt></Document>',
  ].join('');

  it.each([
    ['a table', fileOf(20_000)],
    ['a statement, which cannot be read without its end', statement],
  ])('ends quietly where its bytes go from under whoever reads them: %s', async (_what, bytes) => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, bytes, { dryRun: true });
    expect((await driver.kept(id)).chunks).toBeGreaterThan(1);
    const goAway = async () => {
      await driver.discard(context, id);
      await driver.drop(context, id);
    };
    const database = driver.beforeStatement('note_import_progress', goAway);

    const worked = await processImport({ ...driver.work, noteEveryMs: 0, database }, context.tenantId, id);

    expect(worked).toBe('ended');
    expect(await driver.find(context, id)).toMatchObject({ status: 'expired', failureCode: '' });
    expect(await driver.kept(id)).toEqual(nothing);
  });
});
