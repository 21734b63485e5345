import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TenantContext } from '@outlay/platform';
import { createTcpProxy, eventually } from '@outlay/testkit';
import { createImportWorker, type ImportWorker, type ImportWorkerOptions } from '../../src/imports/import-worker.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

const month = 'purchase-cards/purchase-card-transactions-201612.csv';
const rowsTotal = 3_002;
const totalMinor = 50_367_076;

let driver: ImportDriver;
let file: Buffer;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
  file = await fixture(month);
});
afterAll(() => driver.stop());

const workers: ImportWorker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop?.();
});

async function startWorker(options: Partial<ImportWorkerOptions>): Promise<void> {
  const worker = createImportWorker({ ...driver.work, ...options, stalledMs: 100 });
  workers.push(worker);
  await worker.start?.();
}

const toldOf = async (importId: string): Promise<string[]> => {
  const { rows } = await driver.admin.query<{ action: string }>(
    'select action from ledger.audit_entries where entity_id = $1 order by id',
    [importId],
  );
  return rows.map(({ action }) => action);
};

async function booked(context: TenantContext) {
  const { rows } = await driver.admin.query(
    `select count(*)::int as expenses, coalesce(sum(booked_amount_minor), 0)::int as total,
       (select count(*)::int from ledger.journal_entries as entry where entry.tenant_id = $1) as entries,
       (select count(*)::int from ledger.import_rows as row where row.tenant_id = $1 and row.fate = 'imported') as rows,
       (select count(*)::int from ledger.outbox where outbox.tenant_id = $1
          and outbox.type = 'outlay.ledger.import.completed.v1') as completions
     from ledger.expenses where tenant_id = $1`,
    [context.tenantId],
  );
  return rows[0];
}

const everythingOnce = {
  ...{ expenses: rowsTotal, total: totalMinor, entries: rowsTotal, rows: rowsTotal, completions: 1 },
};

/** Works an import off until so many rows are done, and then is gone without a word. */
async function workUntil(context: TenantContext, importId: string, rowsDone: number): Promise<void> {
  let batches = 0;
  const isStopping = () => batches++ >= rowsDone / 500;
  const work = processImport({ ...driver.work, isStopping }, context.tenantId, importId);
  await expect(work).rejects.toThrow('stopping');
}

describe('an import whose process died', () => {
  it('goes on after the last batch that was committed, equal rows counted right', async () => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, file);
    await workUntil(context, id, 1_000);
    expect(await booked(context)).toMatchObject({ expenses: 1_000, completions: 0 });

    await processImport(driver.work, context.tenantId, id);

    expect(await driver.finished(context, id)).toMatchObject({ imported: rowsTotal, duplicates: 0, refused: 0 });
    expect(await booked(context)).toEqual(everythingOnce);
    expect(await toldOf(id)).toEqual(['import.started', 'import.completed']);
  });

  it('goes on with what was left out before batches that were committed, in batches of any size', async () => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, file);
    const { promise: secondIsBooked, resolve: bookedSecond } = Promise.withResolvers<void>();
    let batches = 0;
    const inTurn = async <T>(batch: () => Promise<T>): Promise<T> => {
      const isFirst = batches++ === 0;
      if (isFirst) {
        await secondIsBooked;
        throw new Error('The connection is gone');
      }
      return batch().finally(bookedSecond);
    };
    await expect(processImport({ ...driver.work, inTurn, atOnce: 2 }, context.tenantId, id)).rejects.toThrow('gone');
    const { rows: batchesDone } = await driver.admin.query(
      'select start from ledger.import_batches where import_id = $1 order by start',
      [id],
    );
    expect(batchesDone[0]).toEqual({ start: 500 });

    await processImport({ ...driver.work, batchSize: 300 }, context.tenantId, id);

    expect(await driver.finished(context, id)).toMatchObject({ imported: rowsTotal, duplicates: 0, refused: 0 });
    expect(await booked(context)).toEqual(everythingOnce);
  });

  it('is found by its lack of progress and taken up by another process', async () => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, file);
    await workUntil(context, id, 500);
    // The job of the dead process stays locked, as graphile-worker would keep it for four hours.
    await driver.admin.query(
      `update ledger_jobs._private_jobs as job set locked_at = now(), locked_by = 'gone' where job.key = $1`,
      [id],
    );
    await startWorker({});

    const done = await driver.finished(context, id);

    expect(done).toMatchObject({ imported: rowsTotal });
    expect(await booked(context)).toEqual(everythingOnce);
  });
});

describe('an import whose connections are cut', () => {
  it('comes to the same end, however often that happens', async () => {
    const context = await driver.tenant();
    await startWorker({ batchSize: 50 });
    const { id } = await driver.send(context, file);
    let cuts = 0;
    const cutting = setInterval(async () => {
      // On a slow machine no batch would ever come through between two cuts.
      if (cuts >= 20) return;
      const { rowCount } = await driver.admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and usename = 'outlay_ledger' and state = 'idle in transaction'`,
      );
      cuts += rowCount ?? 0;
    }, 150);

    const done = await driver.finished(context, id).finally(() => clearInterval(cutting));

    expect(cuts).toBeGreaterThan(0);
    expect(done).toMatchObject({ imported: rowsTotal, duplicates: 0, refused: 0 });
    expect(await booked(context)).toEqual(everythingOnce);
  }, 120_000);
});

describe('an import that several processes work on', () => {
  it('books each row once', async () => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, file);

    await Promise.all(Array.from({ length: 4 }, () => processImport(driver.work, context.tenantId, id)));

    expect(await driver.finished(context, id)).toMatchObject({ imported: rowsTotal });
    expect(await booked(context)).toEqual(everythingOnce);
  });
});

describe('the same file sent several times at the same moment', () => {
  it('books each row once, and calls the others duplicates', async () => {
    const context = await driver.tenant();
    const reversed = [...file.toString().trim().split('\n').slice(0, 1)]
      .concat(file.toString().trim().split('\n').slice(1).toReversed())
      .join('\n');
    const imports = [
      await driver.send(context, file),
      await driver.send(context, reversed),
      await driver.send(context, file),
    ];

    // Of the two with the same bytes, one waits for the other.
    const work = async (id: string) => expect(await processImport(driver.work, context.tenantId, id)).toBe('ended');
    await Promise.all(imports.map(({ id }) => eventually(() => work(id), { timeoutMs: 60_000 })));

    const done = await Promise.all(imports.map(({ id }) => driver.finished(context, id)));
    expect(done.reduce((sum, { imported }) => sum + imported, 0)).toBe(rowsTotal);
    expect(done.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(2 * rowsTotal);
    expect(await booked(context)).toEqual({ ...everythingOnce, completions: 3 });
  }, 120_000);
});

describe('an import that fails at the same place again and again', () => {
  it('is given up with a code, and keeps what was booked', async () => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, file);
    await workUntil(context, id, 500);
    for (let attempt = 0; attempt < 12; attempt++) await workUntil(context, id, 0);

    await processImport(driver.work, context.tenantId, id);

    const { import: failed } = await driver.imports.handlers.getImport(context, { importId: id });
    expect(failed).toMatchObject({ status: 'failed', failureCode: 'import_interrupted', imported: 500, rowsDone: 500 });
    expect(await booked(context)).toMatchObject({ expenses: 500, completions: 0 });
    expect(await toldOf(id)).toEqual(['import.started', 'import.failed']);
    const again = await driver.send(context, file);
    await processImport(driver.work, context.tenantId, again.id);
    expect(await driver.finished(context, again.id)).toMatchObject({ imported: rowsTotal - 500, duplicates: 500 });
  });

  it('is refused work when its currency changed while it was read', async () => {
    const context = await driver.tenant('GBP');
    const { id } = await driver.send(context, file);
    await workUntil(context, id, 0);
    await driver.admin.query("update ledger.tenants set currency = 'EUR' where tenant_id = $1", [context.tenantId]);

    await processImport(driver.work, context.tenantId, id);

    const { rows } = await driver.admin.query(
      'select distinct booked_currency as currency from ledger.expenses where tenant_id = $1',
      [context.tenantId],
    );
    expect(rows).toEqual([{ currency: 'EUR' }]);
  });
});

describe('an import whose database goes away', () => {
  it.each(['refuse', 'hang'] as const)(
    'goes on when it is back: %s',
    async (how) => {
      const context = await driver.tenant();
      const proxy = await createTcpProxy(driver.databaseUrl);
      const databaseUrl = proxy.url(driver.databaseUrl);
      const database = createDatabase({ url: databaseUrl, applicationName: 'cut off', logger: driver.work.logger });
      // Batches small enough for the import to be under way still when the database goes.
      await startWorker({ batchSize: 8, databaseUrl, database });
      const { id } = await driver.send(context, file);
      await eventually(async () => expect(await booked(context)).not.toMatchObject({ expenses: 0 }), {
        timeoutMs: 30_000,
      });

      await proxy[how]();
      await eventually(() => expect(database.ping()).rejects.toMatchObject({ kind: 'unavailable' }), {
        timeoutMs: 15_000,
      });
      const meanwhile = await booked(context);
      await proxy.resume();

      expect(meanwhile.expenses).toBeLessThan(rowsTotal);
      expect(await driver.finished(context, id)).toMatchObject({ imported: rowsTotal, duplicates: 0 });
      expect(await booked(context)).toEqual(everythingOnce);
      await workers.pop()?.stop?.();
      await database.close();
      await proxy.close();
    },
    60_000,
  );
});
