import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ImportWork, processImport } from '../../src/imports/process-import.ts';
import type { Limits } from './driver/start-ledger.ts';
import { file, type Reservations, startReservations } from './import-reservations-driver.ts';

let on: Reservations;
beforeAll(async () => {
  on = await startReservations();
});
afterAll(() => on.stop());
afterEach(() => on.expectNothingLeft());

describe('an import under another plan', () => {
  const plan: Limits = {
    ...{ accounts: { limit: 40, mode: 'hard' }, projects: { limit: 40, mode: 'hard' } },
    expenses_total: { limit: 40, mode: 'hard' },
  };

  const changes: [string, Limits, boolean][] = [
    ['smaller', { expenses_total: { limit: 15, mode: 'hard' }, projects: { limit: 3, mode: 'hard' } }, false],
    ['larger', { expenses_total: { limit: 100_000, mode: 'hard' }, projects: { limit: 50, mode: 'hard' } }, true],
    ['soft', { expenses_total: { limit: 15, mode: 'soft' }, projects: { limit: 1, mode: 'soft' } }, true],
    ['none', {}, true],
  ];
  it.each(changes)('keeps its places under another plan: %s', async (_name, limits, hasRoom) => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1);

    await on.changePlan(tenant, limits);
    await on.expectSound(tenant);
    await on.dieBooking(tenant, id, 1, { surveyed: true });
    await on.expectSound(tenant);
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    for (const metric of ['projects', 'expenses_total'] as const) {
      const making = on.make(tenant, metric);
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
    const tenant = await on.tenantOn({ expenses_total: { limit: 5, mode: 'soft' } });
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1, { surveyed: true });
    await on.changePlan(tenant, limits);
    await on.dieBooking(tenant, id, 1, { surveyed: true });
    await on.expectSound(tenant);

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    for (const metric of Object.keys(limits) as ('accounts' | 'projects' | 'expenses_total')[]) {
      await expect(on.make(tenant, metric)).rejects.toMatchObject({ code: 'plan_limit_reached', meta: { used: '40' } });
    }
    const more = await on.send(tenant, file(1, 'B'));
    await on.workOff(tenant, more.id);
    expect(await on.find(tenant, more.id)).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
  });

  it('is carried through beyond a hard limit that came, and nobody else is let through with it', async () => {
    const tenant = await on.tenantOn({});
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1, { surveyed: true });
    await on.changePlan(tenant, {
      ...{ accounts: { limit: 5, mode: 'hard' }, projects: { limit: 5, mode: 'hard' } },
      expenses_total: { limit: 5, mode: 'hard' },
    });

    for (const metric of ['accounts', 'projects', 'expenses_total'] as const) {
      await expect(on.make(tenant, metric)).rejects.toMatchObject({
        ...{ code: 'plan_limit_reached', meta: { metric, limit: '5', used: '10' } },
      });
    }
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await on.madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });

  it('with a hard limit has the places that were counted, and needs none beyond', async () => {
    const tenant = await on.tenantOn({ projects: { limit: 40, mode: 'hard' } });
    await on.make(tenant, 'projects', 'A 39');
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 0);
    expect(await on.reserved(tenant)).toEqual({ projects: 39 });
    await on.admin.query("update ledger.projects set archived_at = now() where tenant_id = $1 and name = 'A 39'", [
      tenant.tenantId,
    ]);
    await on.make(tenant, 'projects');

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect((await on.madeBy(tenant)).projects).toBe(40);
  });

  it('with one hard limit is carried through when another comes', async () => {
    const tenant = await on.tenantOn({ projects: { limit: 40, mode: 'hard' } });
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1);
    await on.changePlan(tenant, { projects: { limit: 40, mode: 'hard' }, expenses_total: { limit: 30, mode: 'hard' } });

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('is looked at first when a hard limit comes at the moment at which it would have been booked', async () => {
    const tenant = await on.tenantOn({});
    const { id } = await on.send(tenant, file(40, 'A'));
    const database: ImportWork['database'] = {
      ...on.here.database,
      async withTenant(context, work, options) {
        const answer = await on.here.database.withTenant(context, work, options);
        if (answer === false) await on.changePlan(tenant, { expenses_total: { limit: 30, mode: 'hard' } });
        return answer;
      },
    };
    expect(await processImport({ ...on.here, database }, tenant.tenantId, id)).toBe('waits');
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
  });

  it('that had no limit reserves nothing', async () => {
    const tenant = await on.tenantOn({ expenses_total: { limit: 5, mode: 'soft' } });
    const { id } = await on.send(tenant, file(40, 'A'));

    await on.dieBooking(tenant, id, 1, { surveyed: true });

    expect(await on.reserved(tenant)).toEqual({});
    await on.workOff(tenant, id);
    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });
});
