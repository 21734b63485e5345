import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { migrateSchema, type TenantContext } from '@outlay/platform';
import { processImport } from '../../src/imports/process-import.ts';
import type { Limits } from './driver/start-ledger.ts';
import { file, type Reservations, startReservations } from './import-reservations-driver.ts';

let on: Reservations;
beforeAll(async () => {
  on = await startReservations();
});
afterAll(() => on.stop());

const directory = fileURLToPath(new URL('../../migrations', import.meta.url));

const step = async (direction: 'up' | 'down'): Promise<string | undefined> => {
  const [name] = await migrateSchema(on.adminUrl, { schema: 'ledger', directories: [directory], direction, most: 1 });
  return name;
};

/** Takes back one migration after the other, and that one last. Answers how many. */
async function goBelow(migration: string): Promise<number> {
  for (let steps = 1; ; steps++) {
    const name = await step('down');
    if (name === undefined) throw new Error('There is no such migration');
    if (name.startsWith(`ledger/${migration}`)) return steps;
  }
}

const withSkipped = `${file(3, 'S')}\n2025-01-11;back;-1.00;;\n2025-13-11;never;1.00;;\n`;
const skipping = { mapping: { credits: 'skip' } };

/** Imports in each state that there is, by what they are in the middle of. */
async function importsOf(tenant: TenantContext, plan: Limits): Promise<Record<string, string>> {
  const { commitImport, discardImport, undoImport } = on.imports.handlers;
  const send = async (...given: Parameters<Reservations['send']> extends [unknown, ...infer Rest] ? Rest : never) =>
    (await on.send(tenant, ...given)).id;
  const done = async (...given: Parameters<typeof send>) => {
    const id = await send(...given);
    await on.workOff(tenant, id);
    return id;
  };

  const completed = await done(withSkipped, skipping);
  const undone = await done(file(3, 'U'));
  await undoImport(tenant, { importId: undone });
  await on.workOff(tenant, undone);
  const undoing = await done(file(30, 'V'));
  await undoImport(tenant, { importId: undoing });
  let left = 1;
  const undo = processImport({ ...on.here, isStopping: () => left-- <= 0 }, tenant.tenantId, undoing);
  await expect(undo).rejects.toThrow('stopping');

  const previewed = await done(withSkipped, { ...skipping, dryRun: true });
  const lapsed = await done(file(2, 'L'), { dryRun: true });
  await on.admin.query("update ledger.imports set expires_at = now() - interval '1 hour' where id = $1", [lapsed]);
  const discarded = await done(file(2, 'D'), { dryRun: true });
  await discardImport(tenant, { importId: discarded });
  const previewing = await send(file(40, 'W'), { dryRun: true });
  await on.dieSurveying(tenant, previewing);
  const committed = await done(file(40, 'C'), { dryRun: true });
  await commitImport(tenant, { importId: committed });
  await on.dieBooking(tenant, committed, 1, { surveyed: true });
  const open = await send(file(40, 'O'));
  await on.dieBooking(tenant, open, 1, { surveyed: true });

  await on.changePlan(tenant, plan);
  const reserved = await send(file(40, 'R'));
  await on.dieBooking(tenant, reserved, 1);
  const surveying = await send(file(40, 'Q'));
  await on.dieSurveying(tenant, surveying);
  const mapped = await send(file(3, 'M'), skipping);
  const failed = await done(file(400, 'F'));
  const waiting = await send(file(60, 'X'));
  expect(await processImport(on.there, tenant.tenantId, waiting)).toBe('waits');
  return {
    ...{ completed, undone, undoing, previewed, lapsed, discarded, previewing, committed, open, reserved },
    ...{ surveying, mapped, failed, waiting },
  };
}

const plan: Limits = {
  ...{ expenses_total: { limit: 130, mode: 'hard' }, projects: { limit: 1_000, mode: 'hard' } },
  expenses_per_project: { limit: 5, mode: 'hard' },
};

it('imports in every state go below previews and undo and up again, with what is in the books untouched', async () => {
  const [tenant, other] = [await on.tenantOn({}), await on.tenantOn({})];
  const [mine, others] = [await importsOf(tenant, plan), await importsOf(other, plan)];
  const [made, madeByOthers] = [await on.madeBy(tenant), await on.madeBy(other)];
  await on.expectSound(tenant);

  const stepsToDropped = await goBelow('0163');
  const { rows: toBeDropped } = await on.admin.query(
    'select line from ledger.import_rows where import_id = $1 union all select seq from ledger.import_chunks where import_id = $1',
    [mine.discarded],
  );
  const steps = stepsToDropped + (await goBelow('0125'));
  expect(toBeDropped).toEqual([]);
  const below = await statesOf(mine);
  expect(await statesOf(others)).toEqual(below);
  expect(below).toEqual({
    completed: 'completed "" 3 0 2 0 imported 3 refused 2',
    undone: 'completed "" 3 0 0 0 imported 3',
    undoing: 'completed "" 30 0 0 0 imported 30',
    previewed: 'failed "preview_expired" 0 0 0 0',
    lapsed: 'failed "preview_expired" 0 0 0 0',
    discarded: 'failed "preview_expired" 0 0 0 0',
    previewing: 'failed "preview_expired" 0 0 0 0',
    committed: 'failed "import_interrupted" 10 0 0 0 imported 10',
    open: 'failed "import_interrupted" 10 0 0 0 imported 10',
    reserved: 'failed "import_interrupted" 10 0 0 0 imported 10',
    surveying: 'processing "" 0 0 0 1',
    mapped: 'failed "import_interrupted" 0 0 0 0',
    failed: 'failed "plan_limit_reached" 0 0 0 0',
    waiting: 'processing "" 0 0 0 1',
  });
  for (let taken = 0; taken < steps; taken++) expect(await step('up')).toBeDefined();

  expect(await step('up')).toBeUndefined();
  expect(await statesOf(mine)).toEqual(below);
  expect([await on.madeBy(tenant), await on.madeBy(other)]).toEqual([made, madeByOthers]);
  await on.expectNothingLeft();
  await on.workOff(tenant, mine.surveying!);
  expect(await on.find(tenant, mine.surveying!)).toMatchObject({ status: 'completed', imported: 40 });
  const again = await on.send(tenant, file(40, 'R'));
  await on.workOff(tenant, again.id);
  expect(await on.find(tenant, again.id)).toMatchObject({ status: 'completed', imported: 30, duplicates: 10 });
}, 120_000);

/** What each import is, how many rows of it were imported, repeated and refused, pieces of its file, and the fates of its rows. */
async function statesOf(imports: Record<string, string>): Promise<Record<string, string>> {
  const { rows } = await on.admin.query<{ id: string; state: string }>(
    `select imports.id, concat_ws(' ', imports.status, '"' || imports.failure_code || '"', imports.imported,
       imports.duplicates, imports.refused,
       (select count(*) from ledger.import_chunks where import_id = imports.id),
       (
         select string_agg(fates.fate || ' ' || fates.count, ' ' order by fates.fate)
         from (select fate, count(*) from ledger.import_rows where import_id = imports.id group by fate) as fates
       )) as state
     from ledger.imports where imports.id = any ($1)`,
    [Object.values(imports)],
  );
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  return Object.fromEntries(Object.entries(imports).map(([name, id]) => [name, states.get(id) ?? 'gone']));
}
