import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, newId, type TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { commitImport } from '../../src/imports/commit-import.ts';
import { expirePreviews } from '../../src/imports/expire-previews.ts';
import { createImportWorker } from '../../src/imports/import-worker.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { nothing, type Previews, startPreviews } from './import-preview-driver.ts';

let driver: Previews;
beforeAll(async () => {
  driver = await startPreviews();
});
afterAll(() => driver.stop());

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

describe('a preview whose day is over', () => {
  it('is expired from that moment on, whoever has come to note it', async () => {
    const context = await driver.tenant();
    const [id, inTime] = [await driver.lookAt(context), await driver.lookAt(context)];
    await driver.endDay(id);

    const seen = await driver.find(context, id);
    const { imports: listed } = await driver.imports.handlers.listImports(context, { page: undefined });

    expect(seen).toMatchObject({ status: 'expired', expiresAt: undefined, finishedAt: expect.any(Date) });
    expect(listed.map(({ status }) => status)).toEqual(['previewed', 'expired']);
    expect(await driver.rows(context, id)).toEqual([]);
    await expect(driver.begin(context, id)).rejects.toMatchObject({ code: 'preview_expired' });
    await driver.discard(context, id);
    expect(await driver.endsToldOf(id)).toEqual([]);
    expect(await driver.begin(context, inTime)).toMatchObject({ import: { status: 'processing' } });
  });

  it('is dropped, and the audit trail tells so, once', async () => {
    const context = await driver.tenant();
    const [id, inTime] = [await driver.lookAt(context), await driver.lookAt(context)];
    await driver.endDay(id);
    const { finishedAt } = await driver.find(context, id);

    await expirePreviews(driver.work, new Date());
    await expirePreviews(driver.work, new Date());
    await driver.drop(context, id);
    await driver.drop(context, inTime);

    expect(await driver.kept(id)).toEqual(nothing);
    expect(await driver.find(context, id)).toMatchObject({ status: 'expired', finishedAt });
    expect(await driver.endsToldOf(id)).toEqual([
      { action: 'import.expired', actor_kind: 'service', actor_id: 'system', before: 'previewed', after: 'expired' },
    ]);
    expect(await driver.kept(inTime)).toMatchObject({ rows: 40 });
    expect(await driver.find(context, inTime)).toMatchObject({ status: 'previewed' });
  });

  it('is booked where it was committed in time, though it was found to be over just then', async () => {
    const context = await driver.tenant();
    const id = await driver.lookAt(context);
    const { database } = driver;
    const committing: Database = {
      ...database,
      async withSystem(work, options) {
        const found = await database.withSystem(work, options);
        if ((await driver.find(context, id)).status === 'previewed') await driver.begin(context, id);
        return found;
      },
    };

    await expirePreviews({ ...driver.work, database: committing }, new Date(Date.now() + 25 * 3_600_000));
    await driver.drop(context, id);
    await processImport(driver.work, context.tenantId, id);

    expect(await driver.find(context, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect((await driver.endsToldOf(id)).map(({ action }) => action)).toEqual(['import.committed', 'import.completed']);
  });
});

describe('a preview that somebody lets go of', () => {
  it('is gone at once, and who did so is told', async () => {
    const context = await driver.tenant();
    const [id, other] = [await driver.lookAt(context), await driver.lookAt(context)];

    await driver.discard(context, id);
    await driver.discard(context, id);

    expect(await driver.find(context, id)).toMatchObject({ status: 'expired', expiresAt: undefined });
    expect(await driver.rows(context, id)).toEqual([]);
    await expect(driver.begin(context, id)).rejects.toMatchObject({ code: 'preview_expired' });
    expect(await driver.endsToldOf(id)).toEqual([
      {
        ...{ action: 'import.discarded', actor_kind: 'user', actor_id: context.actor.id },
        ...{ before: 'previewed', after: 'expired' },
      },
    ]);
    expect(await driver.rows(context, other)).toHaveLength(40);
  });

  it("is the caller's own, and one that is kept", async () => {
    const [context, other] = [await driver.tenant('GBP', 'member'), await driver.tenant()];
    const id = await driver.lookAt(context);
    const colleague: TenantContext = { ...context, actor: { ...context.actor, id: other.actor.id } };
    const booked = await driver.send(context, 'Date,Merchant,Amount\n2025-01-02,another,1.00\n');

    for (const stranger of [colleague, other]) {
      await expect(driver.discard(stranger, id)).rejects.toMatchObject({ code: 'import_not_found' });
    }
    for (const _state of ['under way', 'booked']) {
      await expect(driver.discard(context, booked.id)).rejects.toMatchObject({ code: 'import_not_previewed' });
      await processImport(driver.work, context.tenantId, booked.id);
    }
    await driver.begin(context, id);
    await expect(driver.discard(context, id)).rejects.toMatchObject({ code: 'import_not_previewed' });
    await processImport(driver.work, context.tenantId, id);
    expect(await driver.find(context, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('is booked where somebody commits it at the same moment and is first', async () => {
    const context = await driver.tenant();
    const id = await driver.lookAt(context);
    const { promise: isTime, resolve: itIsTime } = Promise.withResolvers<void>();
    const { promise: hasLocked, resolve: locked } = Promise.withResolvers<void>();
    const { database } = driver;
    const committing = commitImport(
      {
        database: {
          ...database,
          withTenant: (of, work, options) =>
            database.withTenant(
              of,
              async (session) => {
                const answer = await work(session);
                locked();
                await isTime;
                return answer;
              },
              options,
            ),
        },
      },
      context,
      id,
    );
    await hasLocked;

    const discarding = Promise.allSettled([driver.discard(context, id)]);
    await eventually(driver.expectSomebodyWaits);
    itIsTime();
    await committing;

    expect(await discarding).toMatchObject([{ status: 'rejected', reason: { code: 'import_not_previewed' } }]);
    expect((await driver.endsToldOf(id)).map(({ action }) => action)).toEqual(['import.committed']);
    await processImport(driver.work, context.tenantId, id);
    expect(await driver.find(context, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('is not committed because the request to commit it has the key of the one to let go of it', async () => {
    const context = { ...(await driver.tenant()), idempotencyKey: newId() };
    const { idempotencyKey: _, ...keyless } = context;
    const [id, other] = [await driver.lookAt(keyless), await driver.lookAt(keyless)];

    const first = await driver.discard(context, id);
    const again = await driver.discard(context, id);

    expect([first, again]).toEqual([{ replayed: false }, { replayed: true }]);
    await expect(driver.begin(context, id)).rejects.toMatchObject({ code: 'preview_expired' });
    await expect(driver.discard(context, other)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await driver.find(context, other)).toMatchObject({ status: 'previewed' });
  });
});

describe('what is kept of a preview that is over', () => {
  it('is dropped in the background, batch by batch, where it was left after a crash', async () => {
    const context = await driver.tenant();
    const [id, other] = [await driver.lookAt(context), await driver.lookAt(context)];
    await driver.discard(context, id);
    expect(await driver.kept(id)).toMatchObject({ chunks: 1, rows: 40 });

    let batches = 0;
    const crashed = driver.drop(context, id, { rowsMax: 15, isStopping: () => batches++ >= 5 });
    await expect(crashed).rejects.toThrow('stopping');
    expect(await driver.kept(id)).toMatchObject({ chunks: 0, rows: 10 });
    await Promise.all([driver.drop(context, id, { rowsMax: 3 }), driver.drop(context, id, { rowsMax: 4 })]);

    expect(await driver.kept(id)).toEqual(nothing);
    expect(await driver.kept(other)).toMatchObject({ chunks: 1, rows: 40 });
  });

  it('stays for as long as nobody lets go of it, whoever asks for it to be dropped', async () => {
    const context = await driver.tenant();
    const id = await driver.lookAt(context);

    await driver.drop(context, id);

    expect(await driver.kept(id)).toMatchObject({ chunks: 1, rows: 40 });
  });

  it('holds up none of another tenant when its day is over and it cannot be let go of', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    const [stuck, behind] = [await driver.lookAt(context), await driver.lookAt(other)];
    const lapse = 'update ledger.imports set expires_at = now() - $2::interval, version = $3 where id = $1';
    await driver.admin.query(lapse, [stuck, '2 hours', '9223372036854775807']);
    await driver.admin.query(lapse, [behind, '1 hour', '5']);

    await expirePreviews(driver.work, new Date());

    const { rows } = await driver.admin.query(
      'select id, is_to_be_dropped from ledger.imports where id = any ($1) order by is_to_be_dropped',
      [[stuck, behind]],
    );
    expect(rows).toEqual([
      { id: stuck, is_to_be_dropped: false },
      { id: behind, is_to_be_dropped: true },
    ]);
    await driver.admin.query('update ledger.imports set version = 6 where id = $1', [stuck]);
  });

  it('is dropped by a worker, or when its job was lost, by what looks for such', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    const [id, lost] = [await driver.lookAt(context), await driver.lookAt(other)];
    await driver.discard(context, id);
    await driver.discard(other, lost);
    await driver.admin.query("delete from ledger_jobs._private_jobs as job where job.key = 'drop ' || $1", [lost]);
    const worker = createImportWorker(driver.work);
    endings.push(() => worker.stop?.());
    await worker.start?.();
    await eventually(async () => expect(await driver.kept(id)).toEqual(nothing));
    expect(await driver.kept(lost)).toMatchObject({ rows: 40 });

    await expirePreviews(driver.work, new Date());

    await eventually(async () => expect(await driver.kept(lost)).toEqual(nothing));
    await eventually(async () => {
      const { rows } = await driver.admin.query('select id from ledger.imports where is_to_be_dropped');
      expect(rows.filter(({ id: left }) => left === id || left === lost)).toEqual([]);
    });
  });
});
