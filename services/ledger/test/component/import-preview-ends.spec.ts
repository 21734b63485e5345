import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, newId, type Session, type TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { commitImport } from '../../src/imports/commit-import.ts';
import { dropPreview } from '../../src/imports/drop-preview.ts';
import { expirePreviews } from '../../src/imports/expire-previews.ts';
import { createImportWorker } from '../../src/imports/import-worker.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
});
afterAll(() => driver.stop());

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const file = (rows: number): string =>
  ['Date,Merchant,Amount', ...Array.from({ length: rows }, (_, row) => `2025-01-02,shop ${row},1.00`), ''].join('\n');

/** A file that has been looked at, of forty rows in four batches. */
async function preview(context: TenantContext): Promise<string> {
  const { id } = await driver.send(context, file(40), { dryRun: true });
  await processImport({ ...driver.work, batchSize: 10 }, context.tenantId, id);
  return id;
}

const discard = (context: TenantContext, importId: string) =>
  driver.imports.handlers.discardImport(context, { importId });
const commit = (context: TenantContext, importId: string) =>
  driver.imports.handlers.commitImport(context, { importId });

async function find(context: TenantContext, importId: string) {
  const { import: found } = await driver.imports.handlers.getImport(context, { importId });
  return found!;
}

/** What there is of a file beside the import itself. */
async function kept(importId: string): Promise<Record<string, number>> {
  const { rows } = await driver.admin.query(
    `select (select count(*)::int from ledger.import_chunks where import_id = $1) as chunks,
       (select count(*)::int from ledger.import_rows where import_id = $1) as rows,
       (select count(*)::int from ledger.import_batches where import_id = $1) as batches,
       (select count(*)::int from ledger.import_references where import_id = $1) as references`,
    [importId],
  );
  return rows[0];
}

const nothing = { chunks: 0, rows: 0, batches: 0, references: 0 };

async function endDay(importId: string): Promise<void> {
  await driver.admin.query("update ledger.imports set expires_at = now() - interval '30 minutes' where id = $1", [
    importId,
  ]);
}

async function endsToldOf(importId: string) {
  const { rows } = await driver.admin.query(
    `select action, actor_kind, actor_id, before ->> 'status' as before, after ->> 'status' as after
     from ledger.audit_entries
     where entity_id = $1 and action not in ('import.previewed', 'import.started')
     order by id`,
    [importId],
  );
  return rows;
}

const drop = ({ tenantId }: TenantContext, importId: string, work = {}) =>
  dropPreview({ database: driver.work.database, ...work }, tenantId, importId);

/** The database, where something happens before the first statement of that name. */
function beforeStatement(name: string, happens: () => Promise<unknown>): Database {
  const { database } = driver.work;
  let happened: Promise<unknown> | undefined;
  return {
    ...database,
    withTenant: (context, work, options) =>
      database.withTenant(
        context,
        (session) => {
          const query: Session['query'] = async (statement, values) => {
            if (typeof statement !== 'string' && statement.name === name) {
              happened ??= happens();
              await happened;
            }
            return session.query(statement, values);
          };
          return work(Object.create(session, { query: { value: query } }));
        },
        options,
      ),
  };
}

describe('a preview whose day is over', () => {
  it('is expired from that moment on, whoever has come to note it', async () => {
    const context = await driver.tenant();
    const [id, inTime] = [await preview(context), await preview(context)];
    await endDay(id);

    const seen = await find(context, id);
    const { imports: listed } = await driver.imports.handlers.listImports(context, { page: undefined });

    expect(seen).toMatchObject({ status: 'expired', expiresAt: undefined, finishedAt: expect.any(Date) });
    expect(listed.map(({ status }) => status)).toEqual(['previewed', 'expired']);
    expect(await driver.rows(context, id)).toEqual([]);
    await expect(commit(context, id)).rejects.toMatchObject({ code: 'preview_expired' });
    await discard(context, id);
    expect(await endsToldOf(id)).toEqual([]);
    expect(await commit(context, inTime)).toMatchObject({ import: { status: 'processing' } });
  });

  it('is dropped, and the audit trail tells so, once', async () => {
    const context = await driver.tenant();
    const [id, inTime] = [await preview(context), await preview(context)];
    await endDay(id);
    const { finishedAt } = await find(context, id);

    await expirePreviews(driver.work, new Date());
    await expirePreviews(driver.work, new Date());
    await drop(context, id);
    await drop(context, inTime);

    expect(await kept(id)).toEqual(nothing);
    expect(await find(context, id)).toMatchObject({ status: 'expired', finishedAt });
    expect(await endsToldOf(id)).toEqual([
      { action: 'import.expired', actor_kind: 'service', actor_id: 'system', before: 'previewed', after: 'expired' },
    ]);
    expect(await kept(inTime)).toMatchObject({ rows: 40 });
    expect(await find(context, inTime)).toMatchObject({ status: 'previewed' });
  });

  it('is booked where it was committed in time, though it was found to be over just then', async () => {
    const context = await driver.tenant();
    const id = await preview(context);
    const { database } = driver;
    const committing: Database = {
      ...database,
      async withSystem(work, options) {
        const found = await database.withSystem(work, options);
        if ((await find(context, id)).status === 'previewed') await commit(context, id);
        return found;
      },
    };

    await expirePreviews({ ...driver.work, database: committing }, new Date(Date.now() + 25 * 3_600_000));
    await drop(context, id);
    await processImport(driver.work, context.tenantId, id);

    expect(await find(context, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect((await endsToldOf(id)).map(({ action }) => action)).toEqual(['import.committed', 'import.completed']);
  });
});

describe('a preview that somebody lets go of', () => {
  it('is gone at once, and who did so is told', async () => {
    const context = await driver.tenant();
    const [id, other] = [await preview(context), await preview(context)];

    await discard(context, id);
    await discard(context, id);

    expect(await find(context, id)).toMatchObject({ status: 'expired', expiresAt: undefined });
    expect(await driver.rows(context, id)).toEqual([]);
    await expect(commit(context, id)).rejects.toMatchObject({ code: 'preview_expired' });
    expect(await endsToldOf(id)).toEqual([
      {
        ...{ action: 'import.discarded', actor_kind: 'user', actor_id: context.actor.id },
        ...{ before: 'previewed', after: 'expired' },
      },
    ]);
    expect(await driver.rows(context, other)).toHaveLength(40);
  });

  it("is the caller's own, and one that is kept", async () => {
    const [context, other] = [await driver.tenant('GBP', 'member'), await driver.tenant()];
    const id = await preview(context);
    const colleague: TenantContext = { ...context, actor: { ...context.actor, id: other.actor.id } };
    const booked = await driver.send(context, 'Date,Merchant,Amount\n2025-01-02,another,1.00\n');

    for (const stranger of [colleague, other]) {
      await expect(discard(stranger, id)).rejects.toMatchObject({ code: 'import_not_found' });
    }
    for (const _state of ['under way', 'booked']) {
      await expect(discard(context, booked.id)).rejects.toMatchObject({ code: 'import_not_previewed' });
      await processImport(driver.work, context.tenantId, booked.id);
    }
    await commit(context, id);
    await expect(discard(context, id)).rejects.toMatchObject({ code: 'import_not_previewed' });
    await processImport(driver.work, context.tenantId, id);
    expect(await find(context, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('is booked where somebody commits it at the same moment and is first', async () => {
    const context = await driver.tenant();
    const id = await preview(context);
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

    const discarding = Promise.allSettled([discard(context, id)]);
    await eventually(expectSomebodyWaits);
    itIsTime();
    await committing;

    expect(await discarding).toMatchObject([{ status: 'rejected', reason: { code: 'import_not_previewed' } }]);
    expect((await endsToldOf(id)).map(({ action }) => action)).toEqual(['import.committed']);
    await processImport(driver.work, context.tenantId, id);
    expect(await find(context, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('is not committed because the request to commit it has the key of the one to let go of it', async () => {
    const context = { ...(await driver.tenant()), idempotencyKey: newId() };
    const { idempotencyKey: _, ...keyless } = context;
    const [id, other] = [await preview(keyless), await preview(keyless)];

    const first = await discard(context, id);
    const again = await discard(context, id);

    expect([first, again]).toEqual([{ replayed: false }, { replayed: true }]);
    await expect(commit(context, id)).rejects.toMatchObject({ code: 'preview_expired' });
    await expect(discard(context, other)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await find(context, other)).toMatchObject({ status: 'previewed' });
  });
});

describe('a preview that somebody lets go of while its rows are looked at', () => {
  it('gives its place back at once, and nothing of it is left', async () => {
    const context = await driver.tenant();
    const waiting = await driver.send(context, file(40), { dryRun: true });
    const half = await driver.send(context, file(40), { dryRun: true });
    let batches = 0;
    const stopped = processImport(
      { ...driver.work, batchSize: 10, isStopping: () => batches++ >= 2 },
      context.tenantId,
      half.id,
    );
    await expect(stopped).rejects.toThrow('stopping');
    expect(await kept(half.id)).toMatchObject({ rows: 20, batches: 2 });
    while ((await Promise.allSettled([driver.send(context, file(1))]))[0].status === 'fulfilled');

    for (const { id } of [waiting, half]) await discard(context, id);

    for (const _place of [1, 2]) await driver.send(context, file(1));
    await expect(driver.send(context, file(1))).rejects.toMatchObject({ code: 'too_many_imports' });
    for (const { id } of [waiting, half]) {
      expect(await processImport(driver.work, context.tenantId, id)).toBe('ended');
      await drop(context, id);
      expect(await find(context, id)).toMatchObject({ status: 'expired', finishedAt: expect.any(Date) });
      expect(await kept(id)).toEqual(nothing);
      expect(await endsToldOf(id)).toMatchObject([{ action: 'import.discarded', before: 'processing' }]);
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
    const { id } = await driver.send(context, file(40), { dryRun: true });
    const goAway = async () => {
      // What holds the import's lock goes first; whoever lets go of it then waits.
      const discarded = discard(context, id).then(() => drop(context, id));
      await Promise.race([discarded, eventually(expectSomebodyWaits)]);
      endings.push(() => discarded);
    };
    const database = beforeStatement(statement, goAway);

    const worked = await processImport({ ...driver.work, batchSize: 10, database }, context.tenantId, id);

    expect(worked).toBe('ended');
    for (const end of endings.splice(0)) await end();
    expect(await find(context, id)).toMatchObject({ status: 'expired', failureCode: '' });
    expect(await kept(id)).toEqual(nothing);
  });

  const statement = [
    '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>',
    '<Ntry><Amt Ccy="GBP">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Ntry>'.repeat(10_000),
    '</Stmt></BkToCstmrStmt></Document>',
  ].join('');

  it.each([
    ['a table', file(20_000)],
    ['a statement, which cannot be read without its end', statement],
  ])('ends quietly where its bytes go from under whoever reads them: %s', async (_what, bytes) => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, bytes, { dryRun: true });
    expect((await kept(id)).chunks).toBeGreaterThan(1);
    const goAway = async () => {
      await discard(context, id);
      await drop(context, id);
    };
    const database = beforeStatement('note_import_progress', goAway);

    const worked = await processImport({ ...driver.work, noteEveryMs: 0, database }, context.tenantId, id);

    expect(worked).toBe('ended');
    expect(await find(context, id)).toMatchObject({ status: 'expired', failureCode: '' });
    expect(await kept(id)).toEqual(nothing);
  });
});

async function expectSomebodyWaits(): Promise<void> {
  const { rowCount } = await driver.admin.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  expect(rowCount).toBe(1);
}

describe('what is kept of a preview that is over', () => {
  it('is dropped in the background, batch by batch, where it was left after a crash', async () => {
    const context = await driver.tenant();
    const [id, other] = [await preview(context), await preview(context)];
    await discard(context, id);
    expect(await kept(id)).toMatchObject({ chunks: 1, rows: 40 });

    let batches = 0;
    const crashed = drop(context, id, { rowsMax: 15, isStopping: () => batches++ >= 5 });
    await expect(crashed).rejects.toThrow('stopping');
    expect(await kept(id)).toMatchObject({ chunks: 0, rows: 10 });
    await Promise.all([drop(context, id, { rowsMax: 3 }), drop(context, id, { rowsMax: 4 })]);

    expect(await kept(id)).toEqual(nothing);
    expect(await kept(other)).toMatchObject({ chunks: 1, rows: 40 });
  });

  it('stays for as long as nobody lets go of it, whoever asks for it to be dropped', async () => {
    const context = await driver.tenant();
    const id = await preview(context);

    await drop(context, id);

    expect(await kept(id)).toMatchObject({ chunks: 1, rows: 40 });
  });

  it('holds up none of another tenant when its day is over and it cannot be let go of', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    const [stuck, behind] = [await preview(context), await preview(other)];
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
    const [id, lost] = [await preview(context), await preview(other)];
    await discard(context, id);
    await discard(other, lost);
    await driver.admin.query("delete from ledger_jobs._private_jobs as job where job.key = 'drop ' || $1", [lost]);
    const worker = createImportWorker(driver.work);
    endings.push(() => worker.stop?.());
    await worker.start?.();
    await eventually(async () => expect(await kept(id)).toEqual(nothing));
    expect(await kept(lost)).toMatchObject({ rows: 40 });

    await expirePreviews(driver.work, new Date());

    await eventually(async () => expect(await kept(lost)).toEqual(nothing));
    await eventually(async () => {
      const { rows } = await driver.admin.query('select id from ledger.imports where is_to_be_dropped');
      expect(rows.filter(({ id: left }) => left === id || left === lost)).toEqual([]);
    });
  });
});
