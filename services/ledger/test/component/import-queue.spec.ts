import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId, type TenantContext } from '@outlay/platform';
import { addImportJob } from '../../src/imports/import-store.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
});
afterAll(() => driver.stop());

/** As many as a tenant may have waiting and under way. */
const places = 20;

const file = (title: string) => `Date,Merchant,Amount\n2025-01-02,${title},4.20\n`;

const full = {
  ...{ kind: 'rate_limited', code: 'too_many_imports' },
  meta: { retry_after_ms: expect.stringMatching(/^[1-9]\d+$/) },
};

const previewsFull = expect.stringMatching(/50 previews .* a day/);

const send = (context: TenantContext, count: number, described = {}) =>
  Promise.allSettled(Array.from({ length: count }, () => driver.send(context, file(newId()), described)));

const sent = (outcomes: Awaited<ReturnType<typeof send>>) =>
  outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));

/** As many that have been worked off, a few at a time. */
async function ended(context: TenantContext, count: number, described = {}): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const some = sent(await send(context, Math.min(count - ids.length, 10), described));
    for (const { id } of some) await processImport(driver.work, context.tenantId, id);
    ids.push(...some.map(({ id }) => id));
  }
  return ids;
}

async function statuses(context: TenantContext): Promise<Record<string, number>> {
  const { rows } = await driver.admin.query<{ status: string; count: number }>(
    'select status, count(*)::int as count from ledger.imports where tenant_id = $1 group by status',
    [context.tenantId],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

async function stored(context: TenantContext) {
  const { rows } = await driver.admin.query(
    `select
       (select count(*)::int from ledger.imports where tenant_id = $1) as imports,
       (select count(distinct import_id)::int from ledger.import_chunks where tenant_id = $1) as files,
       (select count(*)::int from ledger_jobs._private_jobs as job where job.payload ->> 'tenant_id' = $1::text) as jobs,
       (select count(*)::int from ledger.audit_entries where tenant_id = $1) as audited`,
    [context.tenantId],
  );
  return rows[0];
}

it('takes twenty files of a tenant, however many come at once, and refuses the others without a trace', async () => {
  const [many, other] = [await driver.tenant(), await driver.tenant()];

  const outcomes = await send(many, 70);

  expect(sent(outcomes)).toHaveLength(places);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(full);
  expect(await stored(many)).toEqual({ imports: places, files: places, jobs: places, audited: places });
  expect(sent(await send(other, 3))).toHaveLength(3);
}, 60_000);

it('takes as many more as have ended, whatever became of them', async () => {
  const context = await driver.tenant();
  const [done, failed, previewed] = [
    await driver.send(context, file('done')),
    await driver.send(context, `Date,Merchant,Amount\n${'x\n'.repeat(20_000)}`),
    await driver.send(context, file('previewed'), { dryRun: true }),
  ];
  expect(sent(await send(context, 30))).toHaveLength(places - 3);

  for (const { id } of [done, failed, previewed]) await processImport(driver.work, context.tenantId, id);

  const { rows } = await driver.admin.query(
    'select status from ledger.imports where tenant_id = $1 and id = any ($2) order by status',
    [context.tenantId, [done.id, failed.id, previewed.id]],
  );
  expect(rows.map(({ status }) => status)).toEqual(['completed', 'failed', 'previewed']);
  expect(sent(await send(context, 5))).toHaveLength(3);
}, 60_000);

it('counts a preview while it is looked at, and an import while it is taken back', async () => {
  const context = await driver.tenant();
  const { id } = await driver.send(context, file('to be undone'));
  await processImport(driver.work, context.tenantId, id);
  await driver.imports.handlers.undoImport(context, { importId: id });

  expect(sent(await send(context, 30, { dryRun: true }))).toHaveLength(places - 1);
}, 60_000);

it('takes no more to be committed or taken back than has a place, however many are asked for at once', async () => {
  const context = await driver.tenant();
  const [previews, booked] = [await ended(context, 25, { dryRun: true }), await ended(context, 5)];
  const { commitImport, undoImport } = driver.imports.handlers;

  const commits = await Promise.allSettled(previews.map((importId) => commitImport(context, { importId })));
  const undos = await Promise.allSettled(booked.map((importId) => undoImport(context, { importId })));

  expect(commits.filter(({ status }) => status === 'fulfilled')).toHaveLength(places);
  expect(undos.filter(({ status }) => status === 'fulfilled')).toHaveLength(0);
  for (const outcome of [...commits, ...undos])
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(full);
  expect(await statuses(context)).toEqual({ completed: 5, previewed: 5, processing: places });
  const again = commits.findIndex(({ status }) => status === 'fulfilled');
  expect(await commitImport(context, { importId: previews[again]! })).toMatchObject({
    import: { status: 'processing' },
  });

  const underWay = commits.flatMap(({ status }, index) => (status === 'fulfilled' ? [previews[index]!] : []));
  for (const id of underWay.slice(0, 5)) await processImport(driver.work, context.tenantId, id);
  const later = await Promise.allSettled([...booked, ...booked].map((importId) => undoImport(context, { importId })));
  expect(later.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(await statuses(context)).toEqual({ completed: 5, previewed: 5, processing: places - 5, undoing: 5 });
}, 60_000);

it('keeps fifty previews of a tenant, those included that are being made', async () => {
  const context = await driver.tenant();
  const kept = await ended(context, 45, { dryRun: true });

  const outcomes = await send(context, 15, { dryRun: true });

  expect(sent(outcomes)).toHaveLength(5);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ ...full, message: previewsFull });
  }
  await driver.admin.query(
    "update ledger.imports set expires_at = now() + interval '5 hours' where tenant_id = $1 and id = $2",
    [context.tenantId, kept[3]],
  );
  const [refused] = await send(context, 1, { dryRun: true });
  const retryAfterMs = Number((refused as PromiseRejectedResult).reason.meta.retry_after_ms);
  // When the day of the first of them is over, and never before.
  expect(retryAfterMs).toBeGreaterThan(4 * 3_600_000);
  expect(retryAfterMs).toBeLessThanOrEqual(5 * 3_600_000);
  expect(sent(await send(context, 1))).toHaveLength(1);
  await driver.admin.query(
    "update ledger.imports set expires_at = now() - interval '1 second' where tenant_id = $1 and id = $2",
    [context.tenantId, kept[0]],
  );
  await driver.imports.handlers.commitImport(context, { importId: kept[1]! });
  await driver.imports.handlers.discardImport(context, { importId: kept[2]! });
  expect(sent(await send(context, 5, { dryRun: true }))).toHaveLength(3);
}, 60_000);

it('answers a repeated request as the first time though the queue is full', async () => {
  const context = { ...(await driver.tenant()), idempotencyKey: newId() };
  const first = await driver.send(context, file('first'));
  const { idempotencyKey: _, ...others } = context;
  await send(others, 30);

  expect(await driver.send(context, file('first'))).toMatchObject({ id: first.id });
  await expect(driver.send({ ...context, idempotencyKey: newId() }, file('another'))).rejects.toMatchObject(full);
}, 60_000);

it('keeps the place of an import however often it is asked for, unless that is for earlier', async () => {
  const context = await driver.tenant();
  const [first, other] = sent(await send(context, 2));
  const placeOf = async (id: string) => {
    const { rows } = await driver.admin.query<{ run_at: string }>(
      'select run_at::text as run_at from ledger_jobs.jobs where key = $1',
      [id],
    );
    return rows.map((row) => row.run_at);
  };
  const ask = (id: string, laterMs: number) =>
    driver.database.withTenant(context, (session) => addImportJob(session, context.tenantId, id, laterMs));
  const [place, otherPlace] = [await placeOf(first!.id), await placeOf(other!.id)];

  await ask(first!.id, 0);
  await ask(first!.id, 60_000);

  expect(await placeOf(first!.id)).toEqual(place);
  expect(await placeOf(other!.id)).toEqual(otherPlace);
  await driver.admin.query('select ledger_jobs.remove_job($1)', [first!.id]);
  await ask(first!.id, 60_000);
  const late = await placeOf(first!.id);
  await ask(first!.id, 0);
  expect([late, await placeOf(first!.id)].toSorted()).not.toEqual([late, await placeOf(first!.id)]);
});
