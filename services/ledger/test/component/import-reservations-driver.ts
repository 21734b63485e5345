import { expect } from '@jest/globals';
import { newId, pause, type Session, type TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { deleteAccount } from '../../src/application/delete-account.ts';
import { deleteProject } from '../../src/application/delete-project.ts';
import type { LedgerDependencies } from '../../src/application/dependencies.ts';
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

  const run = (tenant: TenantContext, text: string, values: unknown[]) =>
    driver.database.withTenant(tenant, (session: Session) => session.query(text, [tenant.tenantId, ...values]));

  type Named = 'accounts' | 'projects';

  const archive = (tenant: TenantContext, table: Named, name: string) =>
    run(tenant, `update ${table} set archived_at = now() where tenant_id = $1 and name = $2 and archived_at is null`, [
      name,
    ]);

  const restore = (tenant: TenantContext, table: Named, name: string) =>
    run(tenant, `update ${table} set archived_at = null where tenant_id = $1 and name = $2`, [name]);

  const rename = (tenant: TenantContext, table: Named, name: string, newName: string) =>
    run(tenant, `update ${table} set name = $3 where tenant_id = $1 and name = $2 and archived_at is null`, [
      ...[name, newName],
    ]);

  async function idOf({ tenantId }: TenantContext, table: Named, name: string): Promise<string> {
    const { rows } = await driver.admin.query<{ id: string }>(
      `select id from ledger.${table} where tenant_id = $1 and name = $2 order by archived_at desc nulls first`,
      [tenantId, name],
    );
    return rows[0]!.id;
  }

  /** As somebody does who wants it gone. */
  async function remove(tenant: TenantContext, table: Named, name: string): Promise<{ archived: boolean }> {
    const dependencies = { database: driver.database } as LedgerDependencies;
    const id = await idOf(tenant, table, name);
    const { archived } =
      table === 'projects'
        ? await deleteProject(dependencies, tenant, { projectId: id, version: undefined })
        : await deleteAccount(dependencies, tenant, { accountId: id, version: undefined });
    return { archived };
  }

  /** So many expenses, past the use cases, in the name of an import where one is given. */
  async function bookTo(tenant: TenantContext, table: Named, name: string, count = 1, importId = ''): Promise<void> {
    const id = await idOf(tenant, table, name);
    await driver.database.withTenant(tenant, async (session) => {
      await session.query("select set_config('app.import_id', $1, true)", [importId]);
      await session.query(
        `
  insert into expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
    booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at, ${table.slice(0, -1)}_id)
  select $1, gen_random_uuid(), gen_random_uuid(), now(), 'GBP', 1, 'GBP', 1, 1, 'identity', '2025-01-01', 'One more',
    '2025-01-01', gen_random_uuid(), now(), now(), $2
  from generate_series(1, $3)`,
        [tenant.tenantId, id, count],
      );
    });
  }

  /** What is called so, archived ones first, and how many expenses are booked to it. */
  async function bookedTo({ tenantId }: TenantContext, table: Named, name: string): Promise<unknown[]> {
    const { rows } = await driver.admin.query(
      `select named.name, named.archived_at is not null as is_archived, (
         select count(*)::int from ledger.expenses
         where expenses.tenant_id = $1 and expenses.${table.slice(0, -1)}_id = named.id and expenses.status = 'posted'
       ) as expenses
       from ledger.${table} as named where named.tenant_id = $1 and named.name = $2
       order by named.archived_at nulls last`,
      [tenantId, name],
    );
    return rows;
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
      `select metric, sum(places) as places from ledger.usage_reservations
       where tenant_id = $1 and not is_open group by metric`,
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

  /** Does something in a transaction that stays open until its end is asked for. $1 is the tenant. */
  async function begin({ tenantId }: TenantContext, text: string, values: readonly unknown[] = []) {
    const connection = await driver.admin.connect();
    await connection.query('begin');
    await connection.query("select set_config('app.tenant_id', $1, true)", [tenantId]);
    await connection.query(text, [tenantId, ...values]);
    return {
      async end() {
        await connection.query('commit');
        connection.release();
      },
    };
  }

  /** Until somebody waits for the lock of the names: beside its queue (PgSleep), or in it (advisory). */
  function untilWaiting(event: 'PgSleep' | 'advisory'): Promise<void> {
    return eventually(
      async () => {
        const { rowCount } = await driver.admin.query(
          'select from pg_stat_activity where datname = current_database() and wait_event = $1',
          [event],
        );
        expect(rowCount).toBe(1);
      },
      { timeoutMs: 15_000 },
    );
  }

  /** To be asked after each test: that the counters are right, and that nothing is reserved any more. */
  async function expectNothingLeft(): Promise<void> {
    for (const tenant of tenants.splice(0)) {
      await expectSound(tenant);
      for (const table of ['usage_reservations', 'import_names', 'import_looks']) {
        const kept = await driver.admin.query(`select * from ledger.${table} where tenant_id = $1`, [tenant.tenantId]);
        expect([table, kept.rowCount]).toEqual([table, 0]);
      }
    }
  }

  return {
    ...{ ...driver, here, there, tenantOn, changePlan, workOff, dieSurveying, dieBooking, find, make },
    ...{ archive, restore, rename, remove, bookTo, bookedTo, begin, untilWaiting },
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
