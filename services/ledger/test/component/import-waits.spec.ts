import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database, TenantContext } from '@outlay/platform';
import { findStalled } from '../../src/imports/import-store.ts';
import { createImportWorker } from '../../src/imports/import-worker.ts';
import { type ImportWork, processImport } from '../../src/imports/process-import.ts';
import { askAgainIn } from '../../src/imports/wait-for-others.ts';
import { entitlementsOf, type Limits } from './driver/start-ledger.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
let work: ImportWork;
/** How often the bytes of a file were read since it was set to 0. */
let reads = 0;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
  work = { ...driver.work, batchSize: 10, database: countingReads(driver.work.database) };
});
afterAll(() => driver.stop());

const plan: Limits = { accounts: { limit: 40, mode: 'hard' }, expenses_total: { limit: 40, mode: 'hard' } };

describe('an import that waits for the places of another', () => {
  it('does not read its file until that is over, is not given up meanwhile, and goes on afterwards', async () => {
    const tenant = await tenantOn(plan);
    const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'A'))];
    await dieAfter(tenant, one.id, 4 + 1);
    expect(await processImport(work, tenant.tenantId, two.id)).toBe('waits');
    reads = 0;

    for (let times = 0; times < 15; times++) {
      expect(await processImport(work, tenant.tenantId, two.id)).toBe('waits');
    }
    await dieAfter(tenant, one.id, 2);
    reads = 0;
    expect(await processImport(work, tenant.tenantId, two.id)).toBe('waits');

    expect(reads).toBe(0);
    expect(await stateOf(tenant, two.id)).toMatchObject({ status: 'processing', attempts: 0 });
    expect(await findStalled(driver.work.database, 0)).not.toContainEqual(expect.objectContaining({ id: two.id }));
    expect(await processImport(work, tenant.tenantId, one.id)).toBe('ended');
    reads = 0;
    expect(await processImport(work, tenant.tenantId, two.id)).toBe('ended');
    // Its one piece and its end, for the look and for booking.
    expect(reads).toBe(2 * 2);
    expect(await stateOf(tenant, two.id)).toMatchObject({ status: 'completed', imported: 0, duplicates: 40 });
  });

  it('does not wait for those that came later', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 60, mode: 'hard' } });
    const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'A'))];
    const later = await driver.send(tenant, file(20, 'B'));
    await dieAfter(tenant, one.id, 4 + 1);
    expect(await processImport(work, tenant.tenantId, two.id)).toBe('waits');
    await dieAfter(tenant, later.id, 2 + 1);
    await processImport(work, tenant.tenantId, one.id);

    expect(await processImport(work, tenant.tenantId, two.id)).toBe('ended');

    expect(await stateOf(tenant, two.id)).toMatchObject({ status: 'completed', duplicates: 40 });
    await processImport(work, tenant.tenantId, later.id);
  });

  it('asks again a second later at the earliest, ten at the latest', async () => {
    const tenant = await tenantOn(plan);
    const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'A'))];
    await dieAfter(tenant, one.id, 4 + 1);
    await processImport(work, tenant.tenantId, two.id);
    const askAgain = async (waitedSeconds: number) => {
      await driver.admin.query(
        'update ledger.imports set waits_since = now() - $3 * interval $$1 second$$ where tenant_id = $1 and id = $2',
        [tenant.tenantId, two.id, waitedSeconds],
      );
      return driver.database.withTenant(tenant, (session) => askAgainIn(session, tenant, two.id));
    };

    expect([await askAgain(-60), await askAgain(3_600)]).toEqual([1_000, 10_000]);
  });

  it('is gone on with by workers, though all that worked on either had died', async () => {
    const tenant = await tenantOn(plan);
    const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'A'))];
    await dieAfter(tenant, one.id, 4 + 1);
    expect(await processImport(work, tenant.tenantId, two.id)).toBe('waits');
    await driver.admin.query(
      "delete from ledger_jobs._private_jobs as job where job.payload ->> 'tenant_id' = $1::text",
      [tenant.tenantId],
    );
    await driver.admin.query(
      "update ledger.imports set progressed_at = progressed_at - interval '1 minute' where tenant_id = $1",
      [tenant.tenantId],
    );
    const worker = createImportWorker({ ...work, databaseUrl: driver.databaseUrl, stalledMs: 1_000 });

    await worker.start?.();
    const ended = [await driver.finished(tenant, one.id), await driver.finished(tenant, two.id)];
    await worker.stop?.();

    expect(ended).toMatchObject([{ imported: 40 }, { duplicates: 40 }]);
  }, 60_000);
});

describe('an import that can never fit', () => {
  it.each(['projects', 'accounts'] as const)(
    'by its %s fails at once, however many rows another books beside it',
    async (metric) => {
      const tenant = await tenantOn({
        [metric]: { limit: 3, mode: 'hard' },
        expenses_total: { limit: 90, mode: 'hard' },
      });
      const [one, two] = [await driver.send(tenant, file(40, 'A', false)), await driver.send(tenant, file(20, 'B'))];
      await dieAfter(tenant, two.id, 1);
      await dieAfter(tenant, one.id, 4 + 3);

      expect(await processImport(work, tenant.tenantId, two.id)).toBe('ended');

      const failed = await stateOf(tenant, two.id);
      expect(failed).toMatchObject({ status: 'failed', failure_code: 'plan_limit_reached' });
      expect(failed.failure_message).toContain(`allows 3 ${metric}; there are 0, and 20 more are wanted`);
      await processImport(work, tenant.tenantId, one.id);
    },
  );

  it('by its expenses fails at once, however many another had booked before its rows were looked at', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 60, mode: 'hard' } });
    const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(41, 'B'))];
    await dieAfter(tenant, one.id, 4 + 2);

    expect(await processImport(work, tenant.tenantId, two.id)).toBe('ended');

    expect(await stateOf(tenant, two.id)).toMatchObject({ status: 'failed', failure_code: 'plan_limit_reached' });
    await processImport(work, tenant.tenantId, one.id);
  });

  it.each<Limits>([
    { ...plan, projects: { limit: 40, mode: 'hard' } },
    { expenses_per_project: { limit: 1, mode: 'hard' } },
  ])(
    'is none whose purchases, projects and accounts another has begun to make since its rows were looked at: %j',
    async (limits) => {
      const tenant = await tenantOn(limits);
      const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'A'))];
      await dieAfter(tenant, two.id, 3);
      await dieAfter(tenant, one.id, 4 + 2);

      expect(await processImport(work, tenant.tenantId, two.id)).toBe('waits');

      await processImport(work, tenant.tenantId, one.id);
      expect(await processImport(work, tenant.tenantId, two.id)).toBe('ended');
      expect(await stateOf(tenant, two.id)).toMatchObject({ status: 'completed', imported: 0, duplicates: 40 });
    },
  );
});

/** So many purchases, each with a project and an account of its own unless said otherwise. */
function file(rows: number, name: string, hasReferences = true): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const own = hasReferences ? `${name} ${row}` : '';
    return `2025-01-10;Shop ${name} ${row};1.00;${own};${own}`;
  });
  return ['date;merchant;amount;project;account', ...lines].join('\n');
}

/** Works on it for so many batches of ten, and then is gone without a word. */
async function dieAfter({ tenantId }: TenantContext, importId: string, batches: number): Promise<void> {
  let left = batches;
  const isStopping = () => left-- <= 0;
  await expect(processImport({ ...work, isStopping, atOnce: 1 }, tenantId, importId)).rejects.toThrow('stopping');
}

async function tenantOn(limits: Limits): Promise<TenantContext> {
  const tenant = await driver.tenant();
  await driver.admin.query(
    `update ledger.tenants set entitlements = $2, entitlements_version = entitlements_version + 1
     where tenant_id = $1`,
    [tenant.tenantId, JSON.stringify(entitlementsOf(limits))],
  );
  return tenant;
}

async function stateOf({ tenantId }: TenantContext, importId: string) {
  const { rows } = await driver.admin.query('select * from ledger.imports where tenant_id = $1 and id = $2', [
    tenantId,
    importId,
  ]);
  return rows[0];
}

function countingReads(database: Database): Database {
  return {
    ...database,
    withTenant: (context, use, options) =>
      database.withTenant(
        context,
        (session) => {
          const query: typeof session.query = (statement, values) => {
            if (typeof statement === 'object' && statement.name === 'read_import_chunk') reads++;
            return session.query(statement, values);
          };
          return use({ ...session, query });
        },
        options,
      ),
  };
}
