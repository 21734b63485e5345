import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, pause, type TenantContext } from '@outlay/platform';
import { processImport } from '../../src/imports/process-import.ts';
import { awaitBookings } from '../../src/store/await-bookings.ts';
import type { Limits } from './driver/start-ledger.ts';
import { file, type Reservations, startReservations } from './import-reservations-driver.ts';

let on: Reservations;
beforeAll(async () => {
  on = await startReservations();
});
afterAll(() => on.stop());
afterEach(() => on.expectNothingLeft());

describe.each(['projects', 'accounts'] as const)('an import whose %s are given up while it is booked', (metric) => {
  const plan: Limits = { [metric]: { limit: 40, mode: 'hard' } };
  /** An import that names one that is there, and has the places of the thirty-nine others. */
  const begin = async () => {
    const tenant = await on.tenantOn(plan);
    await on.make(tenant, metric, 'A 39');
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 0);
    expect(await on.reserved(tenant)).toEqual({ [metric]: 39 });
    return { tenant, id };
  };

  it('books to one that is archived, though others have taken its place', async () => {
    const { tenant, id } = await begin();
    await on.archive(tenant, metric, 'A 39');
    await on.make(tenant, metric);
    await expect(on.make(tenant, metric)).rejects.toMatchObject({ code: 'plan_limit_reached' });
    await on.expectSound(tenant);

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await on.madeBy(tenant)).toMatchObject({ [metric]: 40 });
    expect(await bookedTo(tenant, metric, 'A 39')).toEqual([{ name: 'A 39', is_archived: true, expenses: 1 }]);
  });

  it('is not waited for by who archives one, as it goes on booking to that', async () => {
    const { tenant, id } = await begin();
    await on.archive(tenant, metric, 'A 39');
    const booking = await on.begin(
      tenant,
      `select from ledger.${metric} where tenant_id = $1 and name = 'A 39' for key share`,
    );
    const { rows } = await on.admin.query<{ id: string }>(
      `select id from ledger.${metric} where tenant_id = $1 and name = 'A 39'`,
      [tenant.tenantId],
    );

    // It would be refused, as the batch does not end before.
    await awaitBookings(on.database, tenant, metric, rows[0]!.id);

    await booking.end();
    await on.workOff(tenant, id);
  });

  it('books to one that somebody wanted to delete, which is archived then', async () => {
    const { tenant, id } = await begin();
    expect(await on.remove(tenant, metric, 'A 39')).toEqual({ archived: true });
    await on.make(tenant, metric);

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await bookedTo(tenant, metric, 'A 39')).toEqual([{ name: 'A 39', is_archived: true, expenses: 1 }]);
  });

  it('books to one under its new name, which another of its old name does not change', async () => {
    const { tenant, id } = await begin();
    await on.rename(tenant, metric, 'A 39', 'B 39');
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await bookedTo(tenant, metric, 'A 39')).toEqual([]);
    expect(await bookedTo(tenant, metric, 'B 39')).toEqual([{ name: 'B 39', is_archived: false, expenses: 1 }]);
  });

  it('books to another that was given a name of its meanwhile, whatever becomes of that', async () => {
    const tenant = await on.tenantOn(plan);
    await on.make(tenant, metric, 'B');
    const { id } = await on.send(tenant, file(40, 'A').replaceAll(/A \d+;A \d+$/gm, 'A;A'));
    await on.dieBooking(tenant, id, 0);
    await on.rename(tenant, metric, 'B', 'A');
    await on.archive(tenant, metric, 'A');

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 40 }]);
  });

  it.each([
    ['renamed', "set name = 'A' where tenant_id = $1 and name = 'B'"],
    ['restored', "set archived_at = null where tenant_id = $1 and name = 'A'"],
  ])('books to another that is just being %s to a name of its while its names are noted', async (_what, change) => {
    const tenant = await on.tenantOn(plan);
    await on.make(tenant, metric, 'B');
    if (change.includes('archived_at')) {
      await on.make(tenant, metric, 'A');
      await on.archive(tenant, metric, 'A');
    }
    const { id } = await on.send(tenant, file(40, 'A').replaceAll(/A \d+;A \d+$/gm, 'A;A'));
    const changing = await on.begin(tenant, `update ledger.${metric} ${change}`);
    const noting = on.dieBooking(tenant, id, 0);
    await on.untilWaiting('PgSleep');
    await changing.end();
    await noting;
    await on.archive(tenant, metric, 'A');

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 40 }]);
  });

  it('makes none twice that it has made itself, whatever becomes of it, at whichever process and batch size', async () => {
    const tenant = await on.tenantOn(plan);
    const rows = file(40, 'A').replaceAll(/A \d+;A \d+$/gm, 'A;A');
    const { id } = await on.send(tenant, rows);
    await on.dieBooking(tenant, id, 1);
    for (let made = 0; made < 39; made++) await on.make(tenant, metric);
    await on.archive(tenant, metric, 'A');
    await on.make(tenant, metric);
    await on.dieBooking(tenant, id, 1, { surveyed: true });

    await Promise.all([
      on.workOff(tenant, id, { ...on.here, batchSize: 3 }),
      on.workOff(tenant, id, { ...on.there, batchSize: 7 }),
    ]);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 40 }]);
  });

  it('goes on with one that is archived twice, as does another import that names it', async () => {
    const tenant = await on.tenantOn(plan);
    await on.make(tenant, metric, 'A');
    const rows = file(40, 'A').replaceAll(/A \d+;A \d+$/gm, 'A;A');
    const [one, two] = [await on.send(tenant, rows), await on.send(tenant, rows.replaceAll('Shop', 'Store'))];
    for (const { id } of [one, two]) await on.dieBooking(tenant, id, 1);
    await on.archive(tenant, metric, 'A');
    await on.dieBooking(tenant, one.id, 1, { surveyed: true });
    await on.restore(tenant, metric, 'A');
    await on.dieBooking(tenant, two.id, 1, { surveyed: true });
    await on.archive(tenant, metric, 'A');
    for (let made = 0; made < 40; made++) await on.make(tenant, metric);

    await Promise.all([on.workOff(tenant, one.id), on.workOff(tenant, two.id, on.there)]);

    for (const { id } of [one, two]) expect(await on.find(tenant, id)).toMatchObject({ imported: 40 });
    expect(await bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 80 }]);
  });

  it('has nobody else book to what is archived, and lets it be deleted when it is over', async () => {
    const { tenant, id } = await begin();
    const other = await on.send(tenant, 'date;merchant;amount\n2025-01-10;Other;1.00');
    await on.dieBooking(tenant, other.id, -3);
    await on.archive(tenant, metric, 'A 39');

    for (const importId of ['', other.id]) {
      await expect(on.bookTo(tenant, metric, 'A 39', 2, importId)).rejects.toMatchObject({ kind: 'unavailable' });
    }
    await on.workOff(tenant, other.id);
    const unused = await on.tenantOn(plan);
    await on.make(unused, metric, 'A 39');
    await on.workOff(unused, (await on.send(unused, file(1, 'B'))).id);
    expect(await on.remove(unused, metric, 'A 39')).toEqual({ archived: false });
    await on.workOff(tenant, id);
  });
});

describe('an import whose duplicates could be booked by now', () => {
  it.each([false, true])(
    'as another one is undone, leaves them be where others have taken their places (resumed: %s)',
    async (isResumed) => {
      const tenant = await on.tenantOn({
        expenses_total: { limit: 40, mode: 'hard' },
        projects: { limit: 40, mode: 'hard' },
      });
      const first = await on.send(tenant, file(30, 'A'));
      await on.workOff(tenant, first.id);
      const again = await on.send(tenant, file(40, 'A'));
      await on.dieBooking(tenant, again.id, isResumed ? 1 : 0);
      await on.imports.handlers.undoImport(tenant, { importId: first.id });
      await on.workOff(tenant, first.id);
      await on.expectSound(tenant);
      for (let made = 0; made < 30; made++) await on.make(tenant, 'expenses_total');
      await expect(on.make(tenant, 'expenses_total')).rejects.toMatchObject({ code: 'plan_limit_reached' });

      await on.workOff(tenant, again.id, { ...on.there, batchSize: 7 });

      expect(await on.find(tenant, again.id)).toMatchObject({ status: 'completed', imported: 10, duplicates: 30 });
      expect(await on.madeBy(tenant)).toMatchObject({ expenses: 40 });
      const rows = await on.rows(tenant, again.id, 'duplicate');
      expect(new Set(rows.map(({ line }) => line)).size).toBe(30);
    },
  );

  it('as another one is undone, books them where they are sent again', async () => {
    const tenant = await on.tenantOn({ expenses_total: { limit: 40, mode: 'hard' } });
    const first = await on.send(tenant, file(40, 'A'));
    await on.workOff(tenant, first.id);
    const again = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, again.id, 2);
    await on.imports.handlers.undoImport(tenant, { importId: first.id });
    await on.workOff(tenant, first.id);
    await on.workOff(tenant, again.id);

    const third = await on.send(tenant, file(40, 'A'));
    await on.workOff(tenant, third.id);

    expect(await on.find(tenant, again.id)).toMatchObject({ status: 'completed', imported: 0, duplicates: 40 });
    expect(await on.find(tenant, third.id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it.each([false, true])(
    'is known by each of its keys from then on, unless what it repeats is taken back (which it is: %s)',
    async (isTakenBack) => {
      const tenant = await on.tenantOn({ expenses_total: { limit: 40, mode: 'hard' } });
      const [one, two] = ['Shop', 'The Shop'].map((shop) => `date;merchant;amount;FITID\n2025-01-10;${shop};1.00;id-1`);
      const first = await on.send(tenant, one!);
      await on.workOff(tenant, first.id);
      const again = await on.send(tenant, two!);
      await on.dieBooking(tenant, again.id, -3);
      if (isTakenBack) {
        await on.imports.handlers.undoImport(tenant, { importId: first.id });
        await on.workOff(tenant, first.id);
      }

      await on.workOff(tenant, again.id);

      expect(await on.find(tenant, again.id)).toMatchObject({ imported: 0, duplicates: 1 });
      const { rowCount } = await on.admin.query('select from ledger.imported_purchases where tenant_id = $1', [
        tenant.tenantId,
      ]);
      expect(rowCount).toBe(isTakenBack ? 0 : 3);
    },
  );

  it.each(['projects', 'accounts'] as const)(
    'goes on with the %s that another one had made, when that is undone',
    async (metric) => {
      const tenant = await on.tenantOn({ [metric]: { limit: 40, mode: 'hard' } });
      const first = await on.send(tenant, file(40, 'A'));
      await on.workOff(tenant, first.id);
      const named = await on.send(tenant, file(30, 'A').replaceAll('Shop', 'Store'));
      await on.dieBooking(tenant, named.id, 1);
      await on.imports.handlers.undoImport(tenant, { importId: first.id });
      await on.workOff(tenant, first.id);
      for (let made = 0; made < 10; made++) await on.make(tenant, metric);
      await expect(on.make(tenant, metric)).rejects.toMatchObject({ code: 'plan_limit_reached' });

      await on.workOff(tenant, named.id);

      expect(await on.find(tenant, named.id)).toMatchObject({ status: 'completed', imported: 30 });
      expect(await bookedTo(tenant, metric, 'A 29')).toEqual([{ name: 'A 29', is_archived: false, expenses: 1 }]);
    },
  );

  it.each(['projects', 'accounts'] as const)(
    'makes the %s anew that another one had made, where it names them while these are just being archived',
    async (metric) => {
      const tenant = await on.tenantOn({ [metric]: { limit: 40, mode: 'hard' } });
      const first = await on.send(tenant, file(1, 'A'));
      await on.workOff(tenant, first.id);
      await on.imports.handlers.undoImport(tenant, { importId: first.id });
      const rows = file(40, 'A')
        .replaceAll('Shop', 'Store')
        .replaceAll(/A \d+;A \d+$/gm, 'A 0;A 0');
      const naming = await on.send(tenant, rows);
      let begun: Promise<void> | undefined;
      const seen = afterStatement(on.here.database, `find_unused_of_${metric}`, async () => {
        begun ??= on.dieBooking(tenant, naming.id, 0);
        await Promise.race([begun, pause(1_500)]);
      });

      await on.workOff(tenant, first.id, { ...on.here, database: seen });
      await begun;
      await on.workOff(tenant, naming.id);

      expect(await on.find(tenant, naming.id)).toMatchObject({ status: 'completed', imported: 40 });
      expect(await bookedTo(tenant, metric, 'A 0')).toEqual([
        { name: 'A 0', is_archived: true, expenses: 0 },
        { name: 'A 0', is_archived: false, expenses: 40 },
      ]);
    },
  );

  it('leaves nothing be for what was seen of it before it waited', async () => {
    const bare = (rows: number, name: string) => file(rows, name).replaceAll(/(;[AB] \d+){2}$/gm, ';;');
    const tenant = await on.tenantOn({ expenses_total: { limit: 40, mode: 'hard' } });
    const first = await on.send(tenant, bare(5, 'A'));
    await on.workOff(tenant, first.id);
    const other = await on.send(tenant, bare(35, 'B'));
    await on.dieBooking(tenant, other.id, 0);
    const again = await on.send(tenant, bare(10, 'A'));
    expect(await processImport(on.there, tenant.tenantId, again.id)).toBe('waits');
    await on.imports.handlers.undoImport(tenant, { importId: first.id });
    await on.workOff(tenant, first.id);
    await on.changePlan(tenant, { expenses_total: { limit: 100, mode: 'hard' } });
    await on.workOff(tenant, other.id);

    await on.workOff(tenant, again.id);

    expect(await on.find(tenant, again.id)).toMatchObject({ imported: 10, duplicates: 0 });
  });

  it('looks at its rows anew when it has waited, and when a preview of it is committed', async () => {
    const tenant = await on.tenantOn({ expenses_total: { limit: 40, mode: 'hard' } });
    const first = await on.send(tenant, file(40, 'A'));
    await on.workOff(tenant, first.id);
    const preview = await on.send(tenant, file(40, 'A'), { dryRun: true });
    await on.workOff(tenant, preview.id);
    expect(await on.find(tenant, preview.id)).toMatchObject({ status: 'previewed', duplicates: 40 });
    await on.imports.handlers.undoImport(tenant, { importId: first.id });
    await on.workOff(tenant, first.id);
    const half = await on.send(tenant, file(20, 'A'));
    await on.dieBooking(tenant, half.id, -2);
    await on.imports.handlers.commitImport(tenant, { importId: preview.id });

    expect(await processImport(on.here, tenant.tenantId, preview.id)).toBe('waits');
    await on.workOff(tenant, half.id);
    await on.workOff(tenant, preview.id);

    expect(await on.find(tenant, preview.id)).toMatchObject({ status: 'completed', imported: 20, duplicates: 20 });
  });
});

it('an import whose refused rows could be booked by now leaves them be', async () => {
  const tenant = await on.tenantOn({ expenses_total: { limit: 3, mode: 'hard' } });
  const rows = ['date;merchant;amount;currency', '2025-01-10;Shop;1.00;GBP', '2025-01-10;Store;1.00;USD'].join('\n');
  const { id } = await on.send(tenant, rows);
  await on.dieBooking(tenant, id, -3);
  await on.admin.query(
    `insert into ledger.exchange_rates (tenant_id, id, revision, base_currency, quote_currency, rate, rate_date,
       actor_kind, actor_id)
     values ($1, gen_random_uuid(), 1, 'USD', 'GBP', 0.8, '2025-01-10', 'user', 'somebody')`,
    [tenant.tenantId],
  );
  for (let made = 0; made < 2; made++) await on.make(tenant, 'expenses_total');

  await on.workOff(tenant, id);

  expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 1, refused: 1 });
  expect(await on.rows(tenant, id, 'refused')).toMatchObject([{ line: 3, code: 'exchange_rate_missing' }]);
});

it.each([
  ['projects', 'date;merchant;amount;project', { projects: { limit: 1, mode: 'hard' } }],
  ['accounts', 'date;merchant;amount;account', { accounts: { limit: 1, mode: 'hard' } }],
  ['projects', 'date;merchant;amount;project', { expenses_per_project: { limit: 1, mode: 'hard' } }],
] as const)(
  'an import that may make nothing needs no places for %s that are gone (%s, %j)',
  async (metric, head, limits) => {
    const tenant = await on.tenantOn(limits);
    await on.make(tenant, metric, 'Gone');
    const rows = Array.from({ length: 40 }, (_, row) => `2025-01-10;Shop ${row};1.00;${row < 2 ? 'Gone' : ''}`);
    const { id } = await on.send(tenant, [head, ...rows].join('\n'));
    await on.admin.query('update ledger.imports set makes_references = false where id = $1', [id]);
    await on.dieSurveying(tenant, id);
    await on.archive(tenant, metric, 'Gone');
    await on.make(tenant, metric, 'Other');

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 38, refused: 2 });
    const refused = { code: 'reference_unknown' };
    expect(await on.rows(tenant, id, 'refused')).toMatchObject([refused, refused]);
  },
);

it('an import that may make nothing books nothing to what somebody makes anew of a name that was gone', async () => {
  const tenant = await on.tenantOn({ expenses_per_project: { limit: 3, mode: 'hard' } });
  await on.make(tenant, 'projects', 'Gone');
  const rows = Array.from({ length: 40 }, (_, row) => `2025-01-10;Shop ${row};1.00;${row < 2 ? 'Gone' : ''}`);
  const { id } = await on.send(tenant, ['date;merchant;amount;project', ...rows].join('\n'));
  await on.admin.query('update ledger.imports set makes_references = false where id = $1', [id]);
  await on.dieSurveying(tenant, id);
  await on.archive(tenant, 'projects', 'Gone');
  await on.dieBooking(tenant, id, 1, { surveyed: true });
  await on.make(tenant, 'projects', 'Gone');

  await on.workOff(tenant, id);

  expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 38, refused: 2 });
  expect(await bookedTo(tenant, 'projects', 'Gone')).toMatchObject([{ expenses: 0 }, { expenses: 0 }]);
});

/** What is called so, and how many expenses are booked to it. */
async function bookedTo({ tenantId }: TenantContext, table: 'projects' | 'accounts', name: string): Promise<unknown[]> {
  const { rows } = await on.admin.query(
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

/** Does something after a statement of that name, before what follows in its transaction. */
function afterStatement(database: Database, name: string, act: () => Promise<void>): Database {
  return {
    ...database,
    withTenant: (context, use, options) =>
      database.withTenant(
        context,
        (session) => {
          const query: typeof session.query = async (statement, values) => {
            const result = await session.query<never>(statement, values);
            if (typeof statement === 'object' && statement.name === name) await act();
            return result;
          };
          return use({ ...session, query });
        },
        options,
      ),
  };
}
