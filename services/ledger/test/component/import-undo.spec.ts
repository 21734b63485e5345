import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { reverseExpenses } from '../../src/application/reverse-expenses.ts';
import { createImportWorker, type ImportWorker } from '../../src/imports/import-worker.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { pastTriggers } from './driver/past-triggers.ts';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

const month = 'purchase-cards/purchase-card-transactions-201612.csv';
const rowsTotal = 3_002;

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
});
afterAll(() => driver.stop());

const workers: ImportWorker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop?.();
});

async function work(batchSize = driver.work.batchSize): Promise<void> {
  const worker = createImportWorker({ ...driver.work, stalledMs: 100, batchSize });
  workers.push(worker);
  await worker.start?.();
}

async function booked(context: TenantContext) {
  const { rows } = await driver.admin.query(
    `select count(*) filter (where status = 'posted')::int as posted,
       (select count(*)::int from ledger.journal_entries where tenant_id = $1 and kind = 'reversal') as reversals,
       (select coalesce(sum(amount_minor), 0)::int from ledger.postings where tenant_id = $1) as balance,
       (select count(*)::int from ledger.outbox where tenant_id = $1
          and type = 'outlay.ledger.expense.reversed.v1') as told,
       (select count(*)::int from ledger.audit_entries where tenant_id = $1 and action = 'expense.reversed') as audited,
       (select count(*)::int from ledger.outbox where tenant_id = $1 and type = 'outlay.ledger.import.undone.v1') as ends
     from ledger.expenses where tenant_id = $1`,
    [context.tenantId],
  );
  return rows[0];
}

const file =
  'Date,Merchant,Amount,Category\n2025-01-02,tea,4.20,Food\n2025-01-03,paper,9.00,Office\n2025-01-03,paper,9.00,Office\n';

describe('an import that is taken back', () => {
  it('leaves nothing of it in the books, and its file can come again', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    await work();
    const first = await driver.take(context, file);
    await driver.take(other, file);

    const undone = await driver.undo(context, first.id);

    expect(undone).toMatchObject({ status: 'undone', imported: 3, reversed: 3, alreadyReversed: 0 });
    expect(await driver.spent(context)).toEqual({});
    expect(await booked(context)).toEqual({ posted: 0, reversals: 3, balance: 0, told: 3, audited: 3, ends: 1 });
    expect(await driver.take(context, file)).toMatchObject({ imported: 3, duplicates: 0 });
    expect(await driver.spent(context)).toEqual({ paper: 1_800, tea: 420 });
    expect(await driver.spent(other)).toEqual({ paper: 1_800, tea: 420 });
    expect(await driver.take(other, file)).toMatchObject({ imported: 0, duplicates: 3 });
  });

  it('leaves alone what was reversed by hand, and lets that in again as well', async () => {
    const context = await driver.tenant();
    await work();
    const first = await driver.take(context, file);
    const [row] = await driver.rows(context, first.id);
    await driver.database.withTenant(context, (session) => reverseExpenses(session, context, [row!.expenseId]));

    const undone = await driver.undo(context, first.id);

    expect(undone).toMatchObject({ reversed: 2, alreadyReversed: 1 });
    expect(await booked(context)).toMatchObject({ posted: 0, reversals: 3, balance: 0 });
    expect(await driver.take(context, file)).toMatchObject({ imported: 3 });
  });

  it('archives what it made and nothing else uses, and makes it again with the file', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    await work();
    const header = 'Date,Merchant,Amount,Category,Project,Card\n';
    const referring = `${header}2025-01-02,tea,4.20,Food,Library,**1\n2025-01-03,ink,9.00,Office,Bridge,**2\n`;
    const active = async (of: TenantContext) => {
      const { rows } = await driver.admin.query<{ name: string }>(
        `select name from ledger.accounts where tenant_id = $1 and archived_at is null
         union all select name from ledger.categories where tenant_id = $1 and archived_at is null
         union all select name from ledger.projects where tenant_id = $1 and archived_at is null`,
        [of.tenantId],
      );
      return rows.map(({ name }) => name).toSorted();
    };
    await driver.take(context, `${header}2024-12-31,first,1.00,Food,,\n`);
    const first = await driver.take(context, referring);
    await driver.take(other, referring);
    await driver.take(context, `${header}2025-02-02,later,1.00,,Library,\n`);
    await driver.admin.query(`update ledger.accounts set version = 2 where tenant_id = $1 and name = '**2'`, [
      context.tenantId,
    ]);

    const undone = await driver.undo(context, first.id);

    // Food was there before, Library is in use by now, and **2 has been changed by somebody.
    expect(undone).toMatchObject({ reversed: 2, referencesRemoved: 3 });
    expect(await active(context)).toEqual(['**2', 'Food', 'Library']);
    expect(await active(other)).toEqual(['**1', '**2', 'Bridge', 'Food', 'Library', 'Office']);
    const { rows: told } = await driver.admin.query(
      "select type from ledger.outbox where tenant_id = $1 and type like '%.archived.v1' order by type",
      [context.tenantId],
    );
    const types = ['account', 'category', 'project'].map((kind) => ({ type: `outlay.ledger.${kind}.archived.v1` }));
    expect(told).toEqual(types);
    expect(await driver.take(context, referring)).toMatchObject({ imported: 2 });
    expect(await active(context)).toEqual(['**1', '**2', 'Bridge', 'Food', 'Library', 'Office']);
  });

  it('takes nothing of another import with it', async () => {
    const context = await driver.tenant();
    await work();
    const first = await driver.take(context, file);
    await driver.take(context, `${file}2025-01-09,later,1.00,Food\n`);

    await driver.undo(context, first.id);

    expect(await driver.spent(context)).toEqual({ later: 100 });
  });

  it('comes to the same end however often work on it breaks off, and however many work on it', async () => {
    const context = await driver.tenant();
    const bytes = await fixture(month);
    const { id } = await driver.send(context, bytes);
    await processImport(driver.work, context.tenantId, id);
    await driver.imports.handlers.undoImport(context, { importId: id });
    let batches = 0;
    const breaking = processImport({ ...driver.work, isStopping: () => batches++ >= 2 }, context.tenantId, id);
    await expect(breaking).rejects.toThrow('stopping');
    expect(await booked(context)).toMatchObject({ posted: rowsTotal - 1_000, ends: 0 });

    await Promise.all(Array.from({ length: 3 }, () => processImport(driver.work, context.tenantId, id)));

    const all = { reversals: rowsTotal, told: rowsTotal, audited: rowsTotal };
    expect(await booked(context)).toEqual({ posted: 0, balance: 0, ends: 1, ...all });
    const { import: undone } = await driver.imports.handlers.undoImport(context, { importId: id });
    expect(undone).toMatchObject({ status: 'undone', reversed: rowsTotal });
  }, 120_000);

  it('leaves out what is not what the journal says, names it, and comes to an end', async () => {
    const context = await driver.tenant();
    await work(7);
    const rows = Array.from(
      { length: 50 },
      (_, index) => `2025-01-${10 + (index % 9)},row ${index},${index + 1}.00,Food`,
    );
    const many = `Date,Merchant,Amount,Category\n${rows.join('\n')}\n`;
    const first = await driver.take(context, many);
    const [byHand, forged] = await driver.rows(context, first.id);
    await driver.database.withTenant(context, (session) => reverseExpenses(session, context, [byHand!.expenseId]));
    await driver.admin.query(
      `insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
       select tenant_id, entry_id, gen_random_uuid(), now() from ledger.expenses where tenant_id = $1 and id = $2`,
      [context.tenantId, forged!.expenseId],
    );

    const undone = await driver.undo(context, first.id);

    expect(undone).toMatchObject({ status: 'undone', imported: 50, reversed: 48, alreadyReversed: 1, leftOut: 1 });
    expect(await booked(context)).toMatchObject({ posted: 1, reversals: 49, told: 49, audited: 49, ends: 1 });
    const { rows: told } = await driver.admin.query(
      `select after from ledger.audit_entries
       where tenant_id = $1 and action = 'import.undone' and entity_id = $2`,
      [context.tenantId, first.id],
    );
    expect(told).toEqual([
      {
        after: {
          ...{ reversed: 48, already_reversed: 1, references_removed: 0 },
          ...{ left_out: 1, left_out_expenses: [forged!.expenseId] },
        },
      },
    ]);
    const { rows: events } = await driver.admin.query(
      `select envelope -> 'data' as data from ledger.outbox
       where tenant_id = $1 and type = 'outlay.ledger.import.undone.v1'`,
      [context.tenantId],
    );
    expect(events).toMatchObject([{ data: { importId: first.id, reversed: 48, alreadyReversed: 1, leftOut: 1 } }]);
    // Its purchase is in the books still.
    expect(await driver.take(context, many)).toMatchObject({ imported: 49, duplicates: 1 });
  });

  it('leaves out each once, however many of them there are and however many work on it', async () => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, await fixture(month));
    await processImport(driver.work, context.tenantId, id);
    const { rows: forged } = await driver.admin.query<{ expense_id: string }>(
      `with forged as (
         select entry_id, id from ledger.expenses where tenant_id = $1 order by expense_date, id limit 40
       ), made as (
         insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
         select $1, forged.entry_id, gen_random_uuid(), now() from forged
       )
       select id::text as expense_id from forged order by id`,
      [context.tenantId],
    );
    await driver.imports.handlers.undoImport(context, { importId: id });

    await Promise.all(
      Array.from({ length: 3 }, () => processImport({ ...driver.work, batchSize: 100 }, context.tenantId, id)),
    );

    const { rows: audited } = await driver.admin.query(
      `select after ->> 'expenseId' as expense_id from ledger.audit_entries
       where tenant_id = $1 and action = 'import.expense_left_out' order by 1`,
      [context.tenantId],
    );
    expect(audited).toEqual(forged);
    const { import: undone } = await driver.imports.handlers.undoImport(context, { importId: id });
    expect(undone).toMatchObject({ status: 'undone', reversed: rowsTotal - 40, alreadyReversed: 0, leftOut: 40 });
    expect(await booked(context)).toMatchObject({ posted: 40, told: rowsTotal - 40, ends: 1 });
  }, 120_000);

  it('waits at the end, and not before, for an expense that somebody is at', async () => {
    const context = await driver.tenant();
    await work(2);
    const first = await driver.take(context, file);
    const [row] = await driver.rows(context, first.id);
    const somebody = await driver.admin.connect();
    await somebody.query('begin');
    await somebody.query('select from ledger.expenses where tenant_id = $1 and id = $2 for update', [
      ...[context.tenantId, row!.expenseId],
    ]);
    try {
      await driver.imports.handlers.undoImport(context, { importId: first.id });

      await eventually(async () => expect(await booked(context)).toMatchObject({ posted: 1, told: 2 }));
      const { import: present } = await driver.imports.handlers.getImport(context, { importId: first.id });
      expect(present).toMatchObject({ status: 'undoing', reversed: 2 });
    } finally {
      await somebody.query('rollback');
      somebody.release();
    }

    expect(await driver.finished(context, first.id, 'undone')).toMatchObject({ reversed: 3, alreadyReversed: 0 });
  });

  it('is in the audit trail as begun, by whom and from where it stood', async () => {
    const context = await driver.tenant();
    await work();
    const first = await driver.take(context, file);

    await driver.undo(context, first.id);

    const { rows: audited } = await driver.admin.query(
      `select action, actor_id::text as actor_id, before from ledger.audit_entries
       where tenant_id = $1 and entity = 'import' and entity_id = $2 and action like 'import.und%' order by id`,
      [context.tenantId, first.id],
    );
    expect(audited).toMatchObject([
      { action: 'import.undo_started', actor_id: context.actor.id, before: { status: 'completed', imported: 3 } },
      { action: 'import.undone', actor_id: context.actor.id },
    ]);
  });

  it('is gone on with by workers, though whoever worked on it had died with its job', async () => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, file);
    await processImport(driver.work, context.tenantId, id);
    await driver.imports.handlers.undoImport(context, { importId: id });
    await driver.admin.query('select ledger_jobs.remove_job($1)', [id]);

    await work();

    expect(await driver.finished(context, id, 'undone')).toMatchObject({ reversed: 3 });
  });

  it.each([
    ['a version behind which there is none', 'version = 9223372036854775807'],
    ['a tag that is none', "tags = array['a', null]"],
  ])('leaves out what somebody has given %s, and takes back the rest', async (_name, forgery) => {
    const context = await driver.tenant();
    await work();
    const rows = Array.from({ length: 50 }, (_, index) => `2025-01-02,shop ${index},4.20`);
    const { id } = await driver.take(context, `Date,Merchant,Amount\n${rows.join('\n')}\n`);
    const [forged] = await driver.rows(context, id);
    const superuser = await driver.admin.connect();
    await pastTriggers(superuser, () =>
      superuser.query(`update ledger.expenses set ${forgery} where id = $1`, [forged!.expenseId]),
    );
    superuser.release();

    const undone = await driver.undo(context, id);

    expect(undone).toMatchObject({ status: 'undone', reversed: 49, leftOut: 1 });
  });

  it('must have booked something, and be one that the caller may deal with', async () => {
    const [context, other] = [await driver.tenant('GBP', 'member'), await driver.tenant()];
    await work();
    const undo = (as: TenantContext, importId: string) => driver.imports.handlers.undoImport(as, { importId });
    // Of members, who may not make what rows refer to.
    const plain = file.replaceAll(/,[^,\n]*$/gm, '');
    const first = await driver.take(context, plain);
    const again = await driver.take(context, plain);
    const seen = await driver.preview(context, plain);
    const colleague: TenantContext = { ...context, actor: { ...context.actor, id: other.actor.id } };

    for (const { id } of [again, seen]) {
      await expect(undo(context, id)).rejects.toMatchObject({ kind: 'conflict', code: 'import_not_booked' });
    }
    for (const stranger of [colleague, other]) {
      await expect(undo(stranger, first.id)).rejects.toMatchObject({ code: 'import_not_found' });
    }
    expect(await driver.spent(context)).toEqual({ paper: 1_800, tea: 420 });
  });
});
