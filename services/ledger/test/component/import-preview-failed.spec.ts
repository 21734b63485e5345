import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { expirePreviews } from '../../src/imports/expire-previews.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { fileOf, nothing, type Previews, startPreviews } from './import-preview-driver.ts';

let driver: Previews;
beforeAll(async () => {
  driver = await startPreviews();
});
afterAll(() => driver.stop());

/** A preview that is given up when half of its rows have been looked at. */
async function failedPreview(context: TenantContext): Promise<string> {
  const id = await driver.lookAtHalf(context);
  await giveUp(context, id);
  return id;
}

/** It has been tried too often without going forward. */
async function giveUp(context: TenantContext, id: string): Promise<void> {
  await driver.admin.query('update ledger.imports set attempts = 12 where id = $1', [id]);
  await processImport(driver.work, context.tenantId, id);
}

const hoursUntil = (instant: Date | undefined) => (instant!.getTime() - Date.now()) / 3_600_000;

describe('a preview that has failed', () => {
  it('says why, and shows what was seen of its rows for a day', async () => {
    const context = await driver.tenant();

    const id = await failedPreview(context);

    const found = await driver.find(context, id);
    expect(found).toMatchObject({ status: 'failed', failureCode: 'import_interrupted', dryRun: true });
    expect(hoursUntil(found.expiresAt)).toBeCloseTo(24, 1);
    expect(await driver.rows(context, id)).toHaveLength(20);
    expect(await driver.kept(id)).toEqual({ ...nothing, rows: 20 });
    await expect(driver.begin(context, id)).rejects.toMatchObject({ code: 'import_not_previewed' });
  });

  it('can be let go of, and nothing of it is left', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    const [id, theirs] = [await failedPreview(context), await failedPreview(other)];
    const { finishedAt } = await driver.find(context, id);

    await driver.discard(context, id);
    await driver.discard(context, id);
    await driver.drop(context, id);

    expect(await driver.find(context, id)).toMatchObject({
      ...{ status: 'expired', failureCode: 'import_interrupted', expiresAt: undefined, finishedAt },
    });
    expect(await driver.rows(context, id)).toEqual([]);
    expect(await driver.kept(id)).toEqual(nothing);
    expect((await driver.endsToldOf(id)).map(({ action, before }) => [action, before])).toEqual([
      ['import.failed', null],
      ['import.discarded', 'failed'],
    ]);
    await expect(driver.discard(context, theirs)).rejects.toMatchObject({ code: 'import_not_found' });
    expect(await driver.rows(other, theirs)).toHaveLength(20);
  });

  it('is over when its day is, and dropped then', async () => {
    const context = await driver.tenant();
    const [id, inTime] = [await failedPreview(context), await failedPreview(context)];
    await driver.endDay(id);
    const { finishedAt, status } = await driver.find(context, id);

    await expirePreviews(driver.work, new Date());
    await expirePreviews(driver.work, new Date());
    await driver.drop(context, id);
    await driver.drop(context, inTime);

    expect(status).toBe('expired');
    expect(await driver.find(context, id)).toMatchObject({ status: 'expired', finishedAt });
    expect(await driver.kept(id)).toEqual(nothing);
    expect((await driver.endsToldOf(id)).map(({ action, before }) => [action, before])).toEqual([
      ['import.failed', null],
      ['import.expired', 'failed'],
    ]);
    expect(await driver.find(context, inTime)).toMatchObject({ status: 'failed' });
    expect(await driver.rows(context, inTime)).toHaveLength(20);
  });
});

describe('an import that has failed and is no preview', () => {
  it('keeps what became of its rows, whoever would let go of it and however late it is', async () => {
    const context = await driver.tenant();
    const [committed, { id: sent }] = [await driver.lookAt(context), await driver.send(context, fileOf(40))];
    await driver.begin(context, committed);
    let batches = 0;
    const stopped = processImport(
      { ...driver.work, batchSize: 10, isStopping: () => batches++ >= 2 },
      ...([context.tenantId, committed] as const),
    );
    await expect(stopped).rejects.toThrow('stopping');

    for (const id of [committed, sent]) {
      await giveUp(context, id);
      await driver.endDay(id);
      await expect(driver.discard(context, id)).rejects.toMatchObject({ code: 'import_not_previewed' });
    }
    await expirePreviews(driver.work, new Date());
    await driver.drop(context, committed);

    expect(await driver.find(context, committed)).toMatchObject({
      status: 'failed',
      imported: 20,
      expiresAt: undefined,
    });
    expect(await driver.rows(context, committed, 'imported')).toHaveLength(20);
    expect(await driver.find(context, sent)).toMatchObject({ status: 'failed', expiresAt: undefined });
  });
});
