import { enqueueEvents } from '@outlay/messaging';
import { pause, recordAudit, type Session, systemContext, type TenantContext, type TenantId } from '@outlay/platform';
import { recordAudits } from '../store/record-audits.ts';
import { reverseSound } from '../store/reverse-expenses.ts';
import { releasePurchases } from './claim-purchases.ts';
import { type ImportState, importColumns, importState } from './import-state.ts';
import { findImport } from './import-store.ts';
import type { ImportWork, Worked } from './process-import.ts';
import { removeMade } from './remove-made.ts';

const batchSize = 500;

/** How many of those that were left out the audit entry of the undo names; all have one of their own. */
const namedMax = 50;

/** How often to look again at what another worker is at. */
const lookAgainMs = 200;

/**
 * Takes back what an import has booked, from where that stands: every expense of it that is in the books, edited ones as
 * they are now, then what it made for them and nothing else uses, batch by batch, each in one transaction with its
 * progress. With the last one the import is undone, and its file can be imported again. An expense whose entry is not in
 * force is left out, as somebody has changed it behind the service's back; it is counted and named in the audit trail. Any
 * number of workers at once and any crash come to the same end: what is taken back is in the books no more. Between two batches it is left when it is the turn of others.
 */
export async function undoBatches(work: ImportWork, tenantId: TenantId, started: ImportState): Promise<Worked> {
  const { undoneBy } = started;
  if (!undoneBy) throw new Error('Nobody takes this import back');
  const { kind, id, requestId, correlationId } = undoneBy;
  const context: TenantContext = { ...systemContext(tenantId, requestId), correlationId, actor: { kind, id } };
  const { inTurn = (batch) => batch() } = work;
  let state = started;
  while (state.status === 'undoing') {
    if (work.isStopping?.()) throw new Error('The process is stopping; another one goes on');
    const advanced = await inTurn(() =>
      work.database.withTenant(context, (session) => undoBatch(session, context, started.id, work)),
    );
    if (!advanced) await pause(lookAgainMs);
    state = advanced ?? state;
    if (state.status === 'undoing' && (await work.isOthersTurn?.(0))) return 'left';
  }
  work.logger.info({ import_id: state.id, reversed: state.reversed }, 'import undone');
  return 'ended';
}

async function undoBatch(
  session: Session,
  context: TenantContext,
  importId: string,
  { clock, batchSize: rowsMax = batchSize }: ImportWork,
): Promise<ImportState | undefined> {
  // One at a time, and nobody waits with a connection in hand: a batch takes long.
  const { rows: turn } = await session.query<{ is_free: boolean }>(turnStatement, [importId]);
  if (!turn[0]?.is_free) return undefined;
  const state = await findImport(session, context, importId);
  if (state.status !== 'undoing') return state;
  const { rows: posted } = await session.query<{ id: string }>(postedStatement, [context.tenantId, importId, rowsMax]);
  if (posted.length === 0) {
    const removed = await removeMade(session, context, importId, rowsMax);
    return removed === undefined
      ? endUndo(session, context, state, clock())
      : advanceUndo(session, context, importId, { reversed: 0, removed, leftOut: [] });
  }
  const ids = posted.map(({ id }) => id);
  const { reversed, leftOut } = await reverseSound(session, context, ids);
  const left = new Set(leftOut);
  // What is left out is in the books still: its purchase must not come again.
  const released = ids.filter((id) => !left.has(id));
  await releasePurchases(session, context, released);
  await recordLeftOut(session, context, importId, leftOut);
  return advanceUndo(session, context, importId, { reversed, removed: 0, leftOut });
}

function recordLeftOut(
  session: Session,
  context: TenantContext,
  importId: string,
  leftOut: readonly string[],
): Promise<void> {
  return recordAudits(
    session,
    context,
    leftOut.map((expenseId) => ({
      action: 'import.expense_left_out',
      entity: 'import',
      entityId: importId,
      after: { expenseId, reason: 'books_disagree' },
    })),
  );
}

async function advanceUndo(
  session: Session,
  context: TenantContext,
  importId: string,
  { reversed, removed, leftOut }: { reversed: number; removed: number; leftOut: readonly string[] },
): Promise<ImportState> {
  const { rows } = await session.query(
    {
      name: 'advance_undo',
      text: `
update imports
set reversed = imports.reversed + $3, references_removed = imports.references_removed + $4,
  undo_left_out = imports.undo_left_out || $5::uuid[], attempts = 0, version = imports.version + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, importId, reversed, removed, leftOut],
  );
  return importState.parse(rows[0]);
}

const turnStatement = {
  name: 'take_undo_turn',
  text: "select pg_try_advisory_xact_lock(hashtextextended('undoing of ' || $1::text, 0)) as is_free",
};

const postedStatement = {
  name: 'find_posted_of_import',
  text: `
select expenses.id from expenses
where expenses.tenant_id = $1 and expenses.import_id = $2 and expenses.status = 'posted'
  and expenses.id <> all (
    (select imports.undo_left_out from imports where imports.tenant_id = $1 and imports.id = $2)::uuid[]
  )
order by expenses.expense_date, expenses.id
limit $3`,
};

async function endUndo(
  session: Session,
  context: TenantContext,
  state: ImportState,
  undoneAt: Date,
): Promise<ImportState> {
  const { id: importId, reversed } = state;
  const leftOut = await readLeftOut(session, context, importId);
  const alreadyReversed = state.imported - reversed - leftOut.length;
  if (alreadyReversed > 0) await session.query(releaseRestStatement, [context.tenantId, importId]);
  const { rows } = await session.query(
    {
      name: 'end_undo',
      text: `
update imports
set status = 'undone', already_reversed = $4, undone_at = $3, version = imports.version + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, importId, undoneAt, alreadyReversed],
  );
  const undone = importState.parse(rows[0]);
  await enqueueEvents(session, context, [
    {
      type: 'outlay.ledger.import.undone.v1',
      tenantId: context.tenantId,
      subject: importId,
      aggregateVersion: undone.version,
      data: { importId, reversed, alreadyReversed, undoneAt },
    },
  ]);
  await recordAudit(session, context, {
    action: 'import.undone',
    entity: 'import',
    entityId: importId,
    after: {
      ...{ reversed, already_reversed: alreadyReversed, references_removed: state.referencesRemoved },
      ...{ left_out: leftOut.length, left_out_expenses: leftOut.slice(0, namedMax) },
    },
  });
  return undone;
}

async function readLeftOut(session: Session, context: TenantContext, importId: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ expense_ids: string[] }>(
    {
      name: 'read_left_out_of_undo',
      text: `
select to_json(imports.undo_left_out) as expense_ids from imports
where imports.tenant_id = $1 and imports.id = $2`,
    },
    [context.tenantId, importId],
  );
  return rows[0]?.expense_ids ?? [];
}

// What was reversed by hand before: its file as a whole can come again, but for what was left out.
const releaseRestStatement = {
  name: 'release_rest_of_import',
  text: `
delete from imported_purchases
using expenses
where expenses.tenant_id = $1 and expenses.import_id = $2 and expenses.status = 'reversed'
  and imported_purchases.tenant_id = $1
  and imported_purchases.expense_id = expenses.id`,
};
