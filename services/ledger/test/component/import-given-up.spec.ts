import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
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
    expect(await on.bookedTo(tenant, metric, 'A 39')).toEqual([{ name: 'A 39', is_archived: true, expenses: 1 }]);
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
    expect(await on.bookedTo(tenant, metric, 'A 39')).toEqual([{ name: 'A 39', is_archived: true, expenses: 1 }]);
  });

  it('books to one under its new name, which another of its old name does not change', async () => {
    const { tenant, id } = await begin();
    await on.rename(tenant, metric, 'A 39', 'B 39');
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await on.bookedTo(tenant, metric, 'A 39')).toEqual([]);
    expect(await on.bookedTo(tenant, metric, 'B 39')).toEqual([{ name: 'B 39', is_archived: false, expenses: 1 }]);
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
    expect(await on.bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 40 }]);
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
    expect(await on.bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 40 }]);
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
    expect(await on.bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 40 }]);
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
    expect(await on.bookedTo(tenant, metric, 'A')).toEqual([{ name: 'A', is_archived: true, expenses: 80 }]);
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
