import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createImportWorker } from '../../src/imports/import-worker.ts';
import { processImport } from '../../src/imports/process-import.ts';
import type { Limits } from './driver/start-ledger.ts';
import { file, type Reservations, startReservations } from './import-reservations-driver.ts';

let on: Reservations;
beforeAll(async () => {
  on = await startReservations();
});
afterAll(() => on.stop());
afterEach(() => on.expectNothingLeft());

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
      const [tenant, other] = [await on.tenantOn(limits), await on.tenantOn(limits)];
      const [one, two] = [await on.send(tenant, file(40, 'A')), await on.send(tenant, file(40, 'B'))];
      const untouched = await on.send(other, file(40, 'B'));

      await Promise.all([on.workOff(tenant, one.id, on.here), on.workOff(tenant, two.id, on.there)]);
      await on.workOff(other, untouched.id);

      const ended = [await on.find(tenant, one.id), await on.find(tenant, two.id)];
      const [completed, failed] = ended.toSorted((left, right) => right.imported - left.imported);
      expect(completed).toMatchObject({ status: 'completed', imported: 40 });
      expect(failed).toMatchObject({ status: 'failed', failureCode: 'plan_limit_reached', imported: 0 });
      expect(failed!.failureMessage).toContain(message);
      expect(await on.madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
      expect(await on.find(other, untouched.id)).toMatchObject({ status: 'completed', imported: 40 });
    },
  );

  it('that it has enough for are both booked', async () => {
    const tenant = await on.tenantOn({
      projects: { limit: 80, mode: 'hard' },
      expenses_total: { limit: 80, mode: 'hard' },
    });
    const [one, two] = [await on.send(tenant, file(40, 'A')), await on.send(tenant, file(40, 'B'))];

    await Promise.all([on.workOff(tenant, one.id, on.here), on.workOff(tenant, two.id, on.there)]);

    expect([await on.find(tenant, one.id), await on.find(tenant, two.id)]).toMatchObject([
      { imported: 40 },
      { imported: 40 },
    ]);
    expect(await on.madeBy(tenant)).toEqual({ accounts: 80, expenses: 80, projects: 80 });
  });
});

describe('workers of two processes', () => {
  it('take a file that comes four times at once, and that the plan has enough for once', async () => {
    const tenant = await on.tenantOn({
      expenses_total: { limit: 40, mode: 'hard' },
      accounts: { limit: 40, mode: 'hard' },
    });
    const sent = [];
    for (let times = 0; times < 4; times++) sent.push(await on.send(tenant, file(40, 'A')));
    await on.dieBooking(tenant, sent[0]!.id, 1);
    const workers = [on.here, on.there].map((work) =>
      createImportWorker({ ...work, databaseUrl: on.databaseUrl, stalledMs: 2_000 }),
    );

    for (const worker of workers) await worker.start?.();
    const done = await Promise.all(sent.map(({ id }) => on.finished(tenant, id)));
    for (const worker of workers) await worker.stop?.();

    expect(done.map(({ imported }) => imported).toSorted((left, right) => left - right)).toEqual([0, 0, 0, 40]);
    expect(await on.madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });
});

describe('an import that is being booked', () => {
  const plan: Limits = {
    ...{ accounts: { limit: 40, mode: 'hard' }, projects: { limit: 40, mode: 'hard' } },
    expenses_total: { limit: 40, mode: 'hard' },
  };

  it('has the places of all that it is going to make, whoever else wants them', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1);

    for (const metric of ['accounts', 'projects', 'expenses_total'] as const) {
      await expect(on.make(tenant, metric)).rejects.toMatchObject({
        ...{ code: 'plan_limit_reached', meta: { metric, limit: '40', used: '40' } },
      });
    }
    expect(await on.reserved(tenant)).toEqual({ accounts: 30, expenses_total: 30, projects: 30 });
    await on.expectSound(tenant);
    const more = await on.send(tenant, file(1, 'B'));
    expect(await processImport(on.there, tenant.tenantId, more.id)).toBe('waits');
    await on.workOff(tenant, id, on.there);
    await on.workOff(tenant, more.id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await on.find(tenant, more.id)).toMatchObject({ failureCode: 'plan_limit_reached', imported: 0 });
  });

  it('leaves the others what it has not reserved, and none of them makes it fail', async () => {
    const tenant = await on.tenantOn({
      expenses_total: { limit: 60, mode: 'hard' },
      projects: { limit: 50, mode: 'hard' },
    });
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 0);

    const [outcomes] = await Promise.all([
      Promise.allSettled([
        ...Array.from({ length: 30 }, () => on.make(tenant, 'expenses_total')),
        ...Array.from({ length: 30 }, () => on.make(tenant, 'projects')),
      ]),
      on.workOff(tenant, id, { ...on.here, batchSize: 3 }),
    ]);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20 + 10);
    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
    expect(await on.madeBy(tenant)).toMatchObject({ expenses: 60, projects: 50 });
  });

  it('goes on with its own places after a crash, at several processes, batch sizes and attempts', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1);
    await on.dieBooking(tenant, id, 1, { surveyed: true });
    expect(await on.reserved(tenant)).toEqual({ accounts: 20, expenses_total: 20, projects: 20 });

    await Promise.all([
      on.workOff(tenant, id, { ...on.here, batchSize: 1 }),
      on.workOff(tenant, id, { ...on.there, batchSize: 1 }),
    ]);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 40 });
  });

  it('gives back what it has not made when it is given up', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1);
    for (let attempt = 0; attempt < 12; attempt++) await on.dieBooking(tenant, id, 0, { surveyed: true });

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ failureCode: 'import_interrupted', imported: 10 });
    await on.expectSound(tenant);
    await on.workOff(tenant, (await on.send(tenant, file(30, 'B'))).id);
    expect(await on.madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });

  it('has no place for what was imported before, and gives back those of rows that prove to be duplicates', async () => {
    const tenant = await on.tenantOn({
      expenses_total: { limit: 100, mode: 'hard' },
      projects: { limit: 80, mode: 'hard' },
    });
    await on.workOff(tenant, (await on.send(tenant, file(10, 'A'))).id);
    const [one, two] = [await on.send(tenant, file(40, 'A')), await on.send(tenant, `${file(40, 'A')}\n`)];
    await on.dieBooking(tenant, one.id, 0);
    expect(await on.reserved(tenant)).toEqual({ expenses_total: 30, projects: 30 });
    await on.workOff(tenant, two.id);
    await on.expectSound(tenant);

    await on.workOff(tenant, one.id);

    expect(await on.find(tenant, two.id)).toMatchObject({ imported: 30, duplicates: 10 });
    expect(await on.find(tenant, one.id)).toMatchObject({ imported: 0, duplicates: 40 });
    await on.workOff(tenant, (await on.send(tenant, file(40, 'B'))).id);
    expect(await on.madeBy(tenant)).toMatchObject({ expenses: 80, projects: 80 });
  });

  it('has others with the same purchases wait, which find there what they would have made', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    const same = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1);

    expect(await processImport(on.there, tenant.tenantId, same.id)).toBe('waits');
    expect(await on.find(tenant, same.id)).toMatchObject({ status: 'processing' });
    await on.workOff(tenant, id);
    await on.workOff(tenant, same.id);

    expect(await on.find(tenant, same.id)).toMatchObject({ status: 'completed', imported: 0, duplicates: 40 });
    expect(await on.madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });

  it('has others look again that had looked before it was booked', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    const same = await on.send(tenant, file(40, 'A'));
    await on.dieSurveying(tenant, same.id);
    await on.workOff(tenant, id);

    await on.workOff(tenant, same.id);

    expect(await on.find(tenant, same.id)).toMatchObject({ status: 'completed', imported: 0, duplicates: 40 });
  });

  it('has nobody wait for places that would not do either', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    const larger = await on.send(tenant, file(41, 'B'));
    await on.dieBooking(tenant, id, 0);

    await on.workOff(tenant, larger.id);

    const failed = await on.find(tenant, larger.id);
    expect(failed).toMatchObject({ status: 'failed', failureCode: 'plan_limit_reached', imported: 0 });
    expect(failed.failureMessage).toContain('allows 40 expenses; there are 40, and 41 more are wanted');
    await on.workOff(tenant, id);
  });

  it('gives back the places of what somebody else made meanwhile', async () => {
    const tenant = await on.tenantOn({ projects: { limit: 41, mode: 'hard' } });
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 0);
    await on.make(tenant, 'projects', 'A 39');
    await expect(on.make(tenant, 'projects')).rejects.toMatchObject({ code: 'plan_limit_reached' });

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ imported: 40 });
    await on.make(tenant, 'projects');
    await expect(on.make(tenant, 'projects')).rejects.toMatchObject({ code: 'plan_limit_reached' });
  });

  it('gives everything back when it is undone', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.workOff(tenant, id);

    await on.imports.handlers.undoImport(tenant, { importId: id });
    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'undone', reversed: 40 });
    await on.workOff(tenant, (await on.send(tenant, file(40, 'B'))).id);
    expect(await on.madeBy(tenant)).toEqual({ accounts: 40, expenses: 40, projects: 40 });
  });

  it('is told as used in so far as it is there', async () => {
    const tenant = await on.tenantOn(plan);
    const { id } = await on.send(tenant, file(40, 'A'));
    await on.dieBooking(tenant, id, 1);

    const during = await on.told(tenant);
    await on.workOff(tenant, id);

    expect(during).toMatchObject({ accounts: 10n, expenses_total: 10n, projects: 10n });
    expect(await on.told(tenant)).toMatchObject({ accounts: 40n, expenses_total: 40n, projects: 40n });
  });
});
