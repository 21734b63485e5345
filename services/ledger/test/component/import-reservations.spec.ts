import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, pause, type TenantContext } from '@outlay/platform';
import { createImportWorker } from '../../src/imports/import-worker.ts';
import { type ImportWork, processImport } from '../../src/imports/process-import.ts';
import { createBackgroundDatabase } from '../../src/store/ledger-database.ts';
import { readUsage } from '../../src/usage/usage-store.ts';
import { entitlementsOf, type Limits } from './driver/start-ledger.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
/** What two processes work with. */
let [here, there]: ImportWork[] = [];
let elsewhere: ReturnType<typeof createBackgroundDatabase>;
const tenants: TenantContext[] = [];
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
  elsewhere = createBackgroundDatabase(driver.databaseUrl, driver.work.logger);
  here = { ...driver.work, batchSize: 10 };
  there = { ...here, database: elsewhere };
});
afterAll(async () => {
  await elsewhere.close();
  await driver.stop();
});
afterEach(async () => {
  for (const tenant of tenants.splice(0)) {
    await expectSound(tenant);
    const kept = await driver.admin.query('select * from ledger.usage_reservations where tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(kept.rows).toEqual([]);
  }
});

describe('two imports at the same moment at two processes', () => {
  const plans: [string, Limits, string][] = [
    ['expenses', { expenses_total: { limit: 60, mode: 'hard' } }, 'allows 60 expenses; there are 40, and 40 more'],
    ['projects', { projects: { limit: 60, mode: 'hard' } }, 'allows 60 projects; there are 40, and 40 more'],
    ['accounts', { accounts: { limit: 60, mode: 'hard' } }, 'allows 60 accounts; there are 40, and 40 more'],
  ];
  it.each(plans)(
    'that the plan has not enough %s for: one is booked whole, and nothing of the other',
    async (...given) => {
      const [, limits, message] = given;
      const [tenant, other] = [await tenantOn(limits), await tenantOn(limits)];
      const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'B'))];
      const untouched = await driver.send(other, file(40, 'B'));

      await Promise.all([workOff(tenant, one.id, here), workOff(tenant, two.id, there)]);
      await workOff(other, untouched.id);

      const ended = [await find(tenant, one.id), await find(tenant, two.id)];
      const [completed, failed] = ended.toSorted((left, right) => right.imported - left.imported);
      expect(completed).toMatchObject({ status: 'completed', imported: 40 });
      expect(failed).toMatchObject({ status: 'failed', failureCode: 'plan_limit_reached', imported: 0 });
      expect(failed!.failureMessage).toContain(message);
      expect(await madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
      expect(await find(other, untouched.id)).toMatchObject({ status: 'completed', imported: 40 });
    },
  );

  it('that it has enough for are both booked', async () => {
    const tenant = await tenantOn({
      projects: { limit: 80, mode: 'hard' },
      expenses_total: { limit: 80, mode: 'hard' },
    });
    const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'B'))];

    await Promise.all([workOff(tenant, one.id, here), workOff(tenant, two.id, there)]);

    expect([await find(tenant, one.id), await find(tenant, two.id)]).toMatchObject([
      { imported: 40 },
      { imported: 40 },
    ]);
    expect(await madeBy(tenant)).toEqual({ accounts: 80, expenses: 80, projects: 80 });
  });
});

describe('workers of two processes', () => {
  it('take a file that comes four times at once, and that the plan has enough for once', async () => {
    const tenant = await tenantOn({
      expenses_total: { limit: 40, mode: 'hard' },
      accounts: { limit: 40, mode: 'hard' },
    });
    const sent = [];
    for (let times = 0; times < 4; times++) sent.push(await driver.send(tenant, file(40, 'A')));
    await dieBooking(tenant, sent[0]!.id, 1);
    const workers = [here!, there!].map((work) =>
      createImportWorker({ ...work, databaseUrl: driver.databaseUrl, stalledMs: 2_000 }),
    );

    for (const worker of workers) await worker.start?.();
    const done = await Promise.all(sent.map(({ id }) => driver.finished(tenant, id)));
    for (const worker of workers) await worker.stop?.();

    expect(done.map(({ imported }) => imported).toSorted((left, right) => left - right)).toEqual([0, 0, 0, 40]);
    expect(await madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });
});

describe('an import that is being booked', () => {
  const plan: Limits = {
    ...{ accounts: { limit: 40, mode: 'hard' }, projects: { limit: 40, mode: 'hard' } },
    expenses_total: { limit: 40, mode: 'hard' },
  };

  it('has the places of all that it is going to make, whoever else wants them', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1);

    for (const metric of ['accounts', 'projects', 'expenses_total'] as const) {
      await expect(make(tenant, metric)).rejects.toMatchObject({
        ...{ code: 'plan_limit_reached', meta: { metric, limit: '40', used: '40' } },
      });
    }
    expect(await reserved(tenant)).toEqual({ accounts: 30, expenses_total: 30, projects: 30 });
    await expectSound(tenant);
    const more = await driver.send(tenant, file(1, 'B'));
    expect(await processImport(there!, tenant.tenantId, more.id)).toBe('waits');
    await workOff(tenant, id, there);
    await workOff(tenant, more.id);

    expect(await find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await find(tenant, more.id)).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
  });

  it('leaves the others what it has not reserved, and none of them makes it fail', async () => {
    const tenant = await tenantOn({
      expenses_total: { limit: 60, mode: 'hard' },
      projects: { limit: 50, mode: 'hard' },
    });
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 0);

    const [outcomes] = await Promise.all([
      Promise.allSettled([
        ...Array.from({ length: 30 }, () => make(tenant, 'expenses_total')),
        ...Array.from({ length: 30 }, () => make(tenant, 'projects')),
      ]),
      workOff(tenant, id, { ...here!, batchSize: 3 }),
    ]);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20 + 10);
    expect(await find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await madeBy(tenant)).toMatchObject({ expenses: 60, projects: 50 });
  });

  it('goes on with its own places after a crash, at several processes, batch sizes and attempts', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1);
    await dieBooking(tenant, id, 1, { surveyed: true });
    expect(await reserved(tenant)).toEqual({ accounts: 20, expenses_total: 20, projects: 20 });

    await Promise.all([
      workOff(tenant, id, { ...here!, batchSize: 1 }),
      workOff(tenant, id, { ...there!, batchSize: 1 }),
    ]);

    expect(await find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('gives back what it has not made when it is given up', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1);
    for (let attempt = 0; attempt < 12; attempt++) await dieBooking(tenant, id, 0, { surveyed: true });

    await workOff(tenant, id);

    expect(await find(tenant, id)).toMatchObject({ failureCode: 'import_interrupted', imported: 10 });
    await expectSound(tenant);
    await workOff(tenant, (await driver.send(tenant, file(30, 'B'))).id);
    expect(await madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });

  it('has no place for what was imported before, and gives back those of rows that prove to be duplicates', async () => {
    const tenant = await tenantOn({
      expenses_total: { limit: 100, mode: 'hard' },
      projects: { limit: 80, mode: 'hard' },
    });
    await workOff(tenant, (await driver.send(tenant, file(10, 'A'))).id);
    const [one, two] = [await driver.send(tenant, file(40, 'A')), await driver.send(tenant, file(40, 'A'))];
    await dieBooking(tenant, one.id, 0);
    expect(await reserved(tenant)).toEqual({ expenses_total: 30, projects: 30 });
    await workOff(tenant, two.id);
    await expectSound(tenant);

    await workOff(tenant, one.id);

    expect(await find(tenant, two.id)).toMatchObject({ imported: 30, duplicates: 10 });
    expect(await find(tenant, one.id)).toMatchObject({ imported: 0, duplicates: 40 });
    await workOff(tenant, (await driver.send(tenant, file(40, 'B'))).id);
    expect(await madeBy(tenant)).toMatchObject({ expenses: 80, projects: 80 });
  });

  it('has others with the same purchases wait, which find there what they would have made', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    const same = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1);

    expect(await processImport(there!, tenant.tenantId, same.id)).toBe('waits');
    expect(await find(tenant, same.id)).toMatchObject({ status: 'processing' });
    await workOff(tenant, id);
    await workOff(tenant, same.id);

    expect(await find(tenant, same.id)).toMatchObject({ status: 'completed', imported: 0, duplicates: 40 });
    expect(await madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });

  it('has others look again that had looked before it was booked', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    const same = await driver.send(tenant, file(40, 'A'));
    await dieSurveying(tenant, same.id);
    await workOff(tenant, id);

    await workOff(tenant, same.id);

    expect(await find(tenant, same.id)).toMatchObject({ status: 'completed', imported: 0, duplicates: 40 });
  });

  it('has nobody wait for places that would not do either', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    const larger = await driver.send(tenant, file(41, 'B'));
    await dieBooking(tenant, id, 0);

    await workOff(tenant, larger.id);

    const failed = await find(tenant, larger.id);
    expect(failed).toMatchObject({ status: 'failed', failureCode: 'plan_limit_reached', imported: 0 });
    expect(failed.failureMessage).toContain('allows 40 expenses; there are 40, and 41 more are wanted');
    await workOff(tenant, id);
  });

  it('gives back the places of what somebody else made meanwhile', async () => {
    const tenant = await tenantOn({ projects: { limit: 41, mode: 'hard' } });
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 0);
    await make(tenant, 'projects', 'A 39');
    await expect(make(tenant, 'projects')).rejects.toMatchObject({ code: 'plan_limit_reached' });

    await workOff(tenant, id);

    expect(await find(tenant, id)).toMatchObject({ imported: 40 });
    await make(tenant, 'projects');
    await expect(make(tenant, 'projects')).rejects.toMatchObject({ code: 'plan_limit_reached' });
  });

  it('gives everything back when it is undone', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    await workOff(tenant, id);

    await driver.imports.handlers.undoImport(tenant, { importId: id });
    await workOff(tenant, id);

    expect(await find(tenant, id)).toMatchObject({ status: 'undone', reversed: 40 });
    await workOff(tenant, (await driver.send(tenant, file(40, 'B'))).id);
    expect(await madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });

  it('is told as used in so far as it is there', async () => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1);

    const during = await told(tenant);
    await workOff(tenant, id);

    expect(during).toMatchObject({ accounts: 10n, expenses_total: 10n, projects: 10n });
    expect(await told(tenant)).toMatchObject({ accounts: 40n, expenses_total: 40n, projects: 40n });
  });

  const changes: [string, Limits, boolean][] = [
    ['smaller', { expenses_total: { limit: 15, mode: 'hard' }, projects: { limit: 3, mode: 'hard' } }, false],
    ['larger', { expenses_total: { limit: 100_000, mode: 'hard' }, projects: { limit: 50, mode: 'hard' } }, true],
    ['soft', { expenses_total: { limit: 15, mode: 'soft' }, projects: { limit: 1, mode: 'soft' } }, true],
    ['none', {}, true],
  ];
  it.each(changes)('keeps its places under another plan: %s', async (_name, limits, hasRoom) => {
    const tenant = await tenantOn(plan);
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1);

    await changePlan(tenant, limits);
    await expectSound(tenant);
    await dieBooking(tenant, id, 1, { surveyed: true });
    await expectSound(tenant);
    await workOff(tenant, id);

    expect(await find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    for (const metric of ['projects', 'expenses_total'] as const) {
      const making = make(tenant, metric);
      if (hasRoom) await making;
      else await expect(making).rejects.toMatchObject({ code: 'plan_limit_reached', meta: { used: '40' } });
    }
  });

  const laterLimits: [string, Limits][] = [
    ['expenses', { expenses_total: { limit: 30, mode: 'hard' } }],
    ['projects', { projects: { limit: 0, mode: 'hard' } }],
    ['accounts', { accounts: { limit: 10, mode: 'hard' }, expenses_total: { limit: 1, mode: 'hard' } }],
  ];
  it.each(laterLimits)('without a hard limit is carried through when one comes: %s', async (_name, limits) => {
    const tenant = await tenantOn({ expenses_total: { limit: 5, mode: 'soft' } });
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1, { surveyed: true });
    await changePlan(tenant, limits);
    await dieBooking(tenant, id, 1, { surveyed: true });
    await expectSound(tenant);

    await workOff(tenant, id);

    expect(await find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    for (const metric of Object.keys(limits) as ('accounts' | 'projects' | 'expenses_total')[]) {
      await expect(make(tenant, metric)).rejects.toMatchObject({ code: 'plan_limit_reached', meta: { used: '40' } });
    }
    const more = await driver.send(tenant, file(1, 'B'));
    await workOff(tenant, more.id);
    expect(await find(tenant, more.id)).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
  });

  it('with one hard limit is carried through when another comes', async () => {
    const tenant = await tenantOn({ projects: { limit: 40, mode: 'hard' } });
    const { id } = await driver.send(tenant, file(40, 'A'));
    await dieBooking(tenant, id, 1);
    await changePlan(tenant, { projects: { limit: 40, mode: 'hard' }, expenses_total: { limit: 30, mode: 'hard' } });

    await workOff(tenant, id);

    expect(await find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('is looked at first when a hard limit comes at the moment at which it would have been booked', async () => {
    const tenant = await tenantOn({});
    const { id } = await driver.send(tenant, file(40, 'A'));
    const database: ImportWork['database'] = {
      ...here!.database,
      async withTenant(context, work, options) {
        const answer = await here!.database.withTenant(context, work, options);
        if (answer === false) await changePlan(tenant, { expenses_total: { limit: 30, mode: 'hard' } });
        return answer;
      },
    };
    expect(await processImport({ ...here!, database }, tenant.tenantId, id)).toBe('waits');
    await workOff(tenant, id);

    expect(await find(tenant, id)).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
  });

  it('that had no limit reserves nothing', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 5, mode: 'soft' } });
    const { id } = await driver.send(tenant, file(40, 'A'));

    await dieBooking(tenant, id, 1, { surveyed: true });

    expect(await reserved(tenant)).toEqual({});
    await workOff(tenant, id);
    expect(await find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });
});

/** So many purchases, each with a project and an account of its own. */
function file(rows: number, name: string): string {
  const lines = Array.from(
    { length: rows },
    (_, row) => `2025-01-10;Shop ${name} ${row};1.00;${name} ${row};${name} ${row}`,
  );
  return ['date;merchant;amount;project;account', ...lines].join('\n');
}

/** As a worker does, until it is over. */
async function workOff({ tenantId }: TenantContext, importId: string, work = here): Promise<void> {
  while ((await processImport(work!, tenantId, importId)) !== 'ended') await pause(20);
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
  const work = processImport({ ...here!, isStopping, atOnce: 1 }, tenantId, importId);
  await expect(work).rejects.toThrow('stopping');
}

async function find(tenant: TenantContext, importId: string) {
  const { import: found } = await driver.imports.handlers.getImport(tenant, { importId });
  return found!;
}

/** One more of it, past the use cases: who counts, decides. */
async function make(tenant: TenantContext, metric: 'accounts' | 'projects' | 'expenses_total', name: string = newId()) {
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
