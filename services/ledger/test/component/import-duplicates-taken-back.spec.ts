import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, pause } from '@outlay/platform';
import { processImport } from '../../src/imports/process-import.ts';
import { file, type Reservations, startReservations } from './import-reservations-driver.ts';

let on: Reservations;
beforeAll(async () => {
  on = await startReservations();
});
afterAll(() => on.stop());
afterEach(() => on.expectNothingLeft());

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
      expect(await on.bookedTo(tenant, metric, 'A 29')).toEqual([{ name: 'A 29', is_archived: false, expenses: 1 }]);
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
      expect(await on.bookedTo(tenant, metric, 'A 0')).toEqual([
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
