import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type TenantContext } from '@outlay/platform';
import { processImport } from '../../src/imports/process-import.ts';
import type { Limits } from './driver/start-ledger.ts';
import { file, type Reservations, startReservations } from './import-reservations-driver.ts';

let on: Reservations;
beforeAll(async () => {
  on = await startReservations();
});
afterAll(() => on.stop());
afterEach(() => on.expectNothingLeft());

const inProject = (limit: number): Limits => ({ expenses_per_project: { limit, mode: 'hard' } });

/** Purchases for projects P0, P1 ... in turn. */
const purchases = (rows: number, shop: string, projects = 1): string =>
  [
    'date;merchant;amount;project',
    ...Array.from({ length: rows }, (_, row) => `2025-01-10;${shop} ${row};1.00;P${row % projects}`),
  ].join('\n');

const isRefused = { code: 'plan_limit_reached', meta: { metric: 'expenses_per_project' } };

describe.each([true, false])('two imports at once for one project (which is there: %s)', (isThere) => {
  it('that has not enough places for both: one is booked whole, and nothing of the other', async () => {
    const [tenant, other] = [await on.tenantOn(inProject(60)), await on.tenantOn(inProject(60))];
    if (isThere) await on.make(tenant, 'projects', 'P0');
    const [one, two] = [await on.send(tenant, purchases(40, 'Shop')), await on.send(tenant, purchases(40, 'Store'))];
    const untouched = await on.send(other, purchases(40, 'Shop'));

    await Promise.all([on.workOff(tenant, one.id, on.here), on.workOff(tenant, two.id, on.there)]);
    await on.workOff(other, untouched.id);

    const ended = [await on.find(tenant, one.id), await on.find(tenant, two.id)];
    const [completed, failed] = ended.toSorted((left, right) => right.imported - left.imported);
    expect(completed).toMatchObject({ status: 'completed', imported: 40 });
    expect(failed).toMatchObject({ status: 'failed', failureCode: 'plan_limit_reached', imported: 0 });
    expect(failed!.failureMessage).toContain(
      'allows 60 expenses in a project; there are 40, and 40 more are wanted in "P0"',
    );
    expect(await on.find(other, untouched.id)).toMatchObject({ imported: 40 });
  });

  it('that has enough places for both: both are booked', async () => {
    const tenant = await on.tenantOn(inProject(80));
    if (isThere) await on.make(tenant, 'projects', 'P0');
    const [one, two] = [await on.send(tenant, purchases(40, 'Shop')), await on.send(tenant, purchases(40, 'Store'))];
    await on.dieBooking(tenant, one.id, 0);
    await on.dieBooking(tenant, two.id, 0);

    await Promise.all([on.workOff(tenant, one.id, on.here), on.workOff(tenant, two.id, on.there)]);

    for (const { id } of [one, two]) expect(await on.find(tenant, id)).toMatchObject({ imported: 40 });
    await expect(on.bookTo(tenant, 'projects', 'P0')).rejects.toMatchObject(isRefused);
  });

  it('that hold the same purchases: the second finds them there', async () => {
    const tenant = await on.tenantOn(inProject(40));
    if (isThere) await on.make(tenant, 'projects', 'P0');
    const [one, two] = [await on.send(tenant, purchases(40, 'Shop')), await on.send(tenant, purchases(40, 'Shop'))];
    await on.dieBooking(tenant, one.id, 0);

    expect(await processImport(on.there, tenant.tenantId, two.id)).toBe('waits');
    await on.workOff(tenant, one.id);
    await on.workOff(tenant, two.id);

    expect(await on.find(tenant, two.id)).toMatchObject({ status: 'completed', duplicates: 40 });
  });
});

describe('an import that is being booked to projects', () => {
  it('has its places in each, and leaves exactly the others to single expenses beside it', async () => {
    const tenant = await on.tenantOn(inProject(30));
    await on.make(tenant, 'projects', 'P0');
    const { id } = await on.send(tenant, purchases(40, 'Shop', 2));
    await on.dieBooking(tenant, id, 1);
    expect(await on.reserved(tenant)).toEqual({ expenses_per_project: 30 });

    const [outcomes] = await Promise.all([
      Promise.allSettled(
        ['P0', 'P1'].flatMap((name) => Array.from({ length: 20 }, () => on.bookTo(tenant, 'projects', name))),
      ),
      on.workOff(tenant, id, { ...on.there, batchSize: 3 }),
    ]);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10 + 10);
    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await countIn(tenant)).toEqual({ P0: 30, P1: 30 });
  });

  it('goes on with its own places after a crash, and is told as used in so far as it is there', async () => {
    const tenant = await on.tenantOn(inProject(20));
    const { id } = await on.send(tenant, purchases(40, 'Shop', 2));
    await on.dieBooking(tenant, id, 1);
    await on.dieBooking(tenant, id, 1, { surveyed: true });
    expect(await on.told(tenant)).toMatchObject({ expenses_per_project: 10n });
    await on.expectSound(tenant);
    for (const name of ['P0', 'P1']) {
      await expect(on.bookTo(tenant, 'projects', name)).rejects.toMatchObject(isRefused);
    }

    await on.workOff(tenant, id, { ...on.there, batchSize: 7 });

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('has its places in one of that name that somebody else makes meanwhile', async () => {
    const tenant = await on.tenantOn(inProject(50));
    const { id } = await on.send(tenant, purchases(40, 'Shop'));
    await on.dieBooking(tenant, id, 0);
    await on.make(tenant, 'projects', 'P0');
    await on.bookTo(tenant, 'projects', 'P0', 10);
    await expect(on.bookTo(tenant, 'projects', 'P0')).rejects.toMatchObject(isRefused);
    await on.expectSound(tenant);

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await countIn(tenant)).toEqual({ P0: 50 });
  });

  it('has its places in one of that name that somebody is just making while they are reserved', async () => {
    const tenant = await on.tenantOn(inProject(50));
    const { id } = await on.send(tenant, purchases(40, 'Shop'));
    const maker = await on.begin(tenant, 'insert into ledger.projects (tenant_id, id, name) values ($1, $2, $3)', [
      newId(),
      'P0',
    ]);
    const reserving = on.dieBooking(tenant, id, 0);
    await on.untilWaiting('PgSleep');
    await maker.end();
    await reserving;

    expect(await on.reserved(tenant)).toEqual({ expenses_per_project: 40 });
    await on.bookTo(tenant, 'projects', 'P0', 10);
    await expect(on.bookTo(tenant, 'projects', 'P0')).rejects.toMatchObject(isRefused);
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('keeps nobody from making others while it waits for those who are just making some, but for ever', async () => {
    const tenant = await on.tenantOn(inProject(50));
    const { id } = await on.send(tenant, purchases(40, 'Shop'));
    // It counts nothing, as others would wait for that.
    const maker = await on.begin(tenant, 'select pg_advisory_xact_lock_shared(ledger.names_lock($1))');
    const reserving = on.dieBooking(tenant, id, 0);
    await on.untilWaiting('PgSleep');
    // In the queue they would be refused, as the others do not end before.
    await on.make(tenant, 'projects', 'Quick');
    await on.make(tenant, 'accounts', 'Quick');

    await on.untilWaiting('advisory');
    const late = on.make(tenant, 'projects', 'Late');
    await maker.end();
    await Promise.all([reserving, late]);
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  }, 30_000);

  it('has nobody give the name to a project without room for it, be it renamed or restored', async () => {
    const tenant = await on.tenantOn(inProject(50));
    for (const [name, count] of [
      ['Full', 11],
      ['P0', 11],
    ] as const) {
      await on.make(tenant, 'projects', name);
      await on.bookTo(tenant, 'projects', name, count);
    }
    await on.archive(tenant, 'projects', 'P0');
    const { id } = await on.send(tenant, purchases(40, 'Shop'));
    await on.dieBooking(tenant, id, 0);

    const refused = { ...isRefused, meta: { ...isRefused.meta, limit: '50', used: '11' } };
    await expect(on.rename(tenant, 'projects', 'Full', 'P0')).rejects.toMatchObject(refused);
    await expect(on.restore(tenant, 'projects', 'P0')).rejects.toMatchObject(refused);
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await countIn(tenant)).toEqual({ Full: 11, P0: 40 });
  });

  it('is booked to one with room that somebody gives the name to, also where the file names it twice by that', async () => {
    const tenant = await on.tenantOn(inProject(50));
    await on.make(tenant, 'projects', 'P1');
    await on.bookTo(tenant, 'projects', 'P1', 10);
    const { id } = await on.send(tenant, purchases(40, 'Shop', 2));
    await on.dieBooking(tenant, id, 0);
    await on.rename(tenant, 'projects', 'P1', 'P0');
    await on.expectSound(tenant);
    await expect(on.bookTo(tenant, 'projects', 'P0')).rejects.toMatchObject(isRefused);

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await countIn(tenant)).toEqual({ P0: 50 });
  });

  it('keeps its places where a project is archived, and where an expense would be moved there', async () => {
    const tenant = await on.tenantOn(inProject(40));
    await on.make(tenant, 'projects', 'P0');
    await on.make(tenant, 'projects', 'Other');
    await on.bookTo(tenant, 'projects', 'Other', 1);
    const { id } = await on.send(tenant, purchases(40, 'Shop'));
    await on.dieBooking(tenant, id, 1);

    const moving = on.database.withTenant(tenant, (session) =>
      session.query(
        `update expenses set project_id = (select id from projects where tenant_id = $1 and name = 'P0')
         where tenant_id = $1 and project_id = (select id from projects where tenant_id = $1 and name = 'Other')`,
        [tenant.tenantId],
      ),
    );
    await expect(moving).rejects.toMatchObject(isRefused);
    await on.archive(tenant, 'projects', 'P0');
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await countIn(tenant)).toEqual({ Other: 1, P0: 40 });
  });

  it('gives back what others have booked of it, and everything when it is given up or undone', async () => {
    const tenant = await on.tenantOn(inProject(80));
    const same = purchases(40, 'Shop');
    const [one, two] = [await on.send(tenant, same), await on.send(tenant, `${same}\n`)];
    await on.dieBooking(tenant, one.id, 0);
    await on.dieBooking(tenant, two.id, 1);
    for (let attempt = 0; attempt < 12; attempt++) await on.dieBooking(tenant, two.id, 0, { surveyed: true });
    await on.workOff(tenant, two.id);
    expect(await on.find(tenant, two.id)).toMatchObject({ failureCode: 'import_interrupted', imported: 10 });
    await on.expectSound(tenant);

    await on.workOff(tenant, one.id);

    expect(await on.find(tenant, one.id)).toMatchObject({ imported: 30, duplicates: 10 });
    await on.bookTo(tenant, 'projects', 'P0', 40);
    await on.imports.handlers.undoImport(tenant, { importId: one.id });
    await on.workOff(tenant, one.id);
    expect(await countIn(tenant)).toEqual({ P0: 50 });
  });

  const changes: [string, Limits, boolean][] = [
    ['smaller', { expenses_per_project: { limit: 5, mode: 'hard' } }, false],
    ['larger', { expenses_per_project: { limit: 5_000, mode: 'hard' } }, true],
    ['soft', { expenses_per_project: { limit: 5, mode: 'soft' } }, true],
    ['none', {}, true],
  ];
  it.each(changes)('keeps its places under another plan: %s', async (_name, limits, hasRoom) => {
    const tenant = await on.tenantOn(inProject(20));
    await on.make(tenant, 'projects', 'P0');
    const { id } = await on.send(tenant, purchases(40, 'Shop', 2));
    await on.dieBooking(tenant, id, 0);

    await on.changePlan(tenant, limits);
    await on.expectSound(tenant);
    await on.dieBooking(tenant, id, 1, { surveyed: true });
    await on.expectSound(tenant);
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    const more = on.bookTo(tenant, 'projects', 'P1');
    if (hasRoom) await more;
    else await expect(more).rejects.toMatchObject(isRefused);
  });

  it.each([{}, { expenses_total: { limit: 50, mode: 'hard' as const } }])(
    'without such a limit is carried through when one comes: %j',
    async (limits) => {
      const tenant = await on.tenantOn(limits);
      const { id } = await on.send(tenant, purchases(40, 'Shop', 2));
      const surveyed = Object.keys(limits).length === 0;
      await on.dieBooking(tenant, id, 1, { surveyed });
      await on.changePlan(tenant, inProject(7));
      await expect(on.bookTo(tenant, 'projects', 'P0', 3)).rejects.toMatchObject(isRefused);

      await on.workOff(tenant, id);

      expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    },
  );
});

describe('an import that does not fit into projects', () => {
  it('is refused before its first row, names some of them, and waits for nobody in vain', async () => {
    const tenant = await on.tenantOn({ ...inProject(5), projects: { limit: 3, mode: 'hard' } });
    const { id } = await on.send(tenant, purchases(40, 'Shop', 5));
    await on.workOff(tenant, id);

    const failed = await on.find(tenant, id);

    expect(failed).toMatchObject({ status: 'failed', failureCode: 'plan_limit_reached', imported: 0 });
    expect(failed.failureMessage).toBe(
      [
        'The plan allows 3 projects; there are 0, and 5 more are wanted',
        ...['P0', 'P1', 'P2'].map(
          (name) => `The plan allows 5 expenses in a project; there are 0, and 8 more are wanted in "${name}"`,
        ),
        'So it is with other projects of the file',
        'Leave the column "project" out by the mapping {"columns":{"project":null}}, or change the plan',
      ].join('. '),
    );
    expect(await on.madeBy(tenant)).toEqual({ accounts: 0, projects: 0, expenses: 0 });
  });

  it('shows so in a preview, by project', async () => {
    const tenant = await on.tenantOn(inProject(15));
    await on.make(tenant, 'projects', 'P0');
    await on.bookTo(tenant, 'projects', 'P0', 6);
    const preview = await on.send(tenant, purchases(20, 'Shop', 2), { dryRun: true });
    await on.workOff(tenant, preview.id);

    const { preview: shown } = await on.find(tenant, preview.id);

    expect(shown?.limits).toEqual([
      { metric: 'expenses_per_project', project: 'P0', limit: 15n, used: 6n, wanted: 10n },
    ]);
  });
});

it('has the places of thousands of projects, and gives them back', async () => {
  const tenant = await on.tenantOn(inProject(100));
  const { id } = await on.send(tenant, file(3_000, 'A'));
  const work = { ...on.here, batchSize: 1_000 };
  let left = 3;
  await expect(
    processImport({ ...work, isStopping: () => left-- <= 0, atOnce: 1 }, tenant.tenantId, id),
  ).rejects.toThrow('stopping');
  expect(await on.reserved(tenant)).toEqual({});

  await on.workOff(tenant, id, work);

  expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 3_000 });
  const again = await on.send(tenant, file(3_000, 'A').replaceAll('Shop', 'Store'));
  await on.workOff(tenant, again.id, work);
  expect(await on.find(tenant, again.id)).toMatchObject({ status: 'completed', imported: 3_000 });
}, 60_000);

/** How many expenses are in each project, archived ones too. */
async function countIn({ tenantId }: TenantContext): Promise<Record<string, number>> {
  const { rows } = await on.admin.query<{ name: string; count: number }>(
    `select projects.name, count(*)::int as count
     from ledger.expenses
     join ledger.projects on projects.tenant_id = expenses.tenant_id and projects.id = expenses.project_id
     where expenses.tenant_id = $1 and expenses.status = 'posted'
     group by projects.id, projects.name order by projects.name`,
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}
