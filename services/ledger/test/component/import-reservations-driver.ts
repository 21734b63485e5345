import { expect } from '@jest/globals';
import { newId, pause, type TenantContext } from '@outlay/platform';
import { type ImportWork, processImport } from '../../src/imports/process-import.ts';
import { createBackgroundDatabase } from '../../src/store/ledger-database.ts';
import { readUsage } from '../../src/usage/usage-store.ts';
import { entitlementsOf, type Limits } from './driver/start-ledger.ts';
import { startImports } from './import-driver.ts';

/** What plans limit and imports reserve. */
export type Metric = 'accounts' | 'projects' | 'expenses_total';

/** Imports of tenants with limits, worked off by hand at two processes. */
export async function startReservations() {
  const driver = await startImports({ withWorker: false });
  const elsewhere = createBackgroundDatabase(driver.databaseUrl, driver.work.logger);
  const here: ImportWork = { ...driver.work, batchSize: 10 };
  const there: ImportWork = { ...here, database: elsewhere };
  const tenants: TenantContext[] = [];

  /** As a worker does, until it is over. */
  async function workOff({ tenantId }: TenantContext, importId: string, work = here): Promise<void> {
    while ((await processImport(work, tenantId, importId)) !== 'ended') await pause(20);
  }

  /** Looks at most of forty rows, and then is gone without a word. */
  const dieSurveying = (tenant: TenantContext, importId: string) => dieBooking(tenant, importId, -1);

  /** Looks at all of forty rows, books so many batches of ten, and then is gone without a word. */
  async function dieBooking(
    { tenantId }: TenantContext,
    importId: string,
    batches: number,
    { surveyed = false }: { surveyed?: boolean } = {},
  ): Promise<void> {
    let left = batches + (surveyed ? 0 : 4);
    const isStopping = () => left-- <= 0;
    const work = processImport({ ...here, isStopping, atOnce: 1 }, tenantId, importId);
    await expect(work).rejects.toThrow('stopping');
  }

  async function find(tenant: TenantContext, importId: string) {
    const { import: found } = await driver.imports.handlers.getImport(tenant, { importId });
    return found!;
  }

  /** One more of it, past the use cases: who counts, decides. */
  async function make(tenant: TenantContext, metric: Metric, name: string = newId()) {
    const statements = {
      accounts: "insert into accounts (tenant_id, id, name, kind, currency) values ($1, $2, $3, 'card', 'GBP')",
      projects: 'insert into projects (tenant_id, id, name) values ($1, $2, $3)',
      expenses_total: `
  insert into expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
    booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at)
  values ($1, $2, gen_random_uuid(), now(), 'GBP', 1, 'GBP', 1, 1, 'identity', '2025-01-01', $3, '2025-01-01',
    gen_random_uuid(), now(), now())`,
    };
    await driver.database.withTenant(tenant, async (session) => {
      await session.query(statements[metric], [tenant.tenantId, newId(), name]);
    });
  }

  async function tenantOn(limits: Limits): Promise<TenantContext> {
    const tenant = await driver.tenant();
    await changePlan(tenant, limits);
    tenants.push(tenant);
    return tenant;
  }

  async function changePlan({ tenantId }: TenantContext, limits: Limits): Promise<void> {
    await driver.admin.query(
      `update ledger.tenants set entitlements = $2, entitlements_version = entitlements_version + 1
       where tenant_id = $1`,
      [tenantId, JSON.stringify(entitlementsOf(limits))],
    );
  }

  async function madeBy({ tenantId }: TenantContext): Promise<Record<string, number>> {
    const { rows } = await driver.admin.query(
      `select (select count(*)::int from ledger.accounts where tenant_id = $1 and archived_at is null) as accounts,
         (select count(*)::int from ledger.projects where tenant_id = $1 and archived_at is null) as projects,
         (select count(*)::int from ledger.expenses where tenant_id = $1 and status = 'posted') as expenses`,
      [tenantId],
    );
    return rows[0];
  }

  async function reserved({ tenantId }: TenantContext): Promise<Record<string, number>> {
    const { rows } = await driver.admin.query<{ metric: string; places: string }>(
      'select metric, places from ledger.usage_reservations where tenant_id = $1 and not is_open',
      [tenantId],
    );
    return Object.fromEntries(rows.map(({ metric, places }) => [metric, Number(places)]));
  }

  async function told(tenant: TenantContext): Promise<Record<string, bigint>> {
    const usage = await driver.database.withTenant(tenant, (session) => readUsage(session));
    return Object.fromEntries(usage.map(({ metric, used }) => [metric, used]));
  }

  async function expectSound({ tenantId }: TenantContext): Promise<void> {
    expect((await driver.admin.query('select * from ledger.usage_faults($1)', [tenantId])).rows).toEqual([]);
  }

  /** To be asked after each test: that the counters are right, and that nothing is reserved any more. */
  async function expectNothingLeft(): Promise<void> {
    for (const tenant of tenants.splice(0)) {
      await expectSound(tenant);
      const kept = await driver.admin.query('select * from ledger.usage_reservations where tenant_id = $1', [
        tenant.tenantId,
      ]);
      expect(kept.rows).toEqual([]);
    }
  }

  return {
    ...{ ...driver, here, there, tenantOn, changePlan, workOff, dieSurveying, dieBooking, find, make },
    ...{ madeBy, reserved, told, expectSound, expectNothingLeft },
    async stop() {
      await elsewhere.close();
      await driver.stop();
    },
  };
}

export type Reservations = Awaited<ReturnType<typeof startReservations>>;

/** So many purchases, each with a project and an account of its own. */
export function file(rows: number, name: string): string {
  const lines = Array.from(
    { length: rows },
    (_, row) => `2025-01-10;Shop ${name} ${row};1.00;${name} ${row};${name} ${row}`,
  );
  return ['date;merchant;amount;project;account', ...lines].join('\n');
}
