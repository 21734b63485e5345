import { nilId, pause, type Session, systemContext, type TenantContext, type TenantId } from '@outlay/platform';
import { reverseSound } from '../application/reverse-expenses.ts';
import { lockPosted } from '../store/lock-posted.ts';
import { recordAudits } from '../store/record-audits.ts';
import { releasePurchases } from './claim-purchases.ts';
import type { ImportState } from './import-state.ts';
import { findImport } from './import-store.ts';
import type { ImportWork, Worked } from './process-import.ts';
import { removeMade } from './remove-made.ts';
import { runAhead, untilTurnIsOver } from './run-ahead.ts';
import { advanceUndo, endUndo } from './undo-progress.ts';

/** A larger one is no faster, and who edits one of its expenses waits for it. */
const batchSizeDefault = 250;
const atOnceDefault = 4;

/** How often to look again at what another worker is at. */
const lookAgainMs = 200;

/**
 * Takes back what an import has booked, from where that stands: every expense of it that is in the books, edited ones as
 * they are now, then what it made for them and nothing else uses. Several batches at a time, each in one transaction with
 * its progress. With the last one the import is undone, and its file can be imported again. An expense whose entry is not
 * in force is left out, as somebody has changed it behind the service's back; it is counted and named in the audit trail.
 * Any number of workers at once and any crash come to the same end: whoever locks an expense takes it back, and what is
 * taken back is in the books no more. Between two batches it is left when it is the turn of others.
 */
export async function undoBatches(work: ImportWork, tenantId: TenantId, started: ImportState): Promise<Worked> {
  const { undoneBy } = started;
  if (!undoneBy) throw new Error('Nobody takes this import back');
  const { kind, id, requestId, correlationId } = undoneBy;
  const context: TenantContext = { ...systemContext(tenantId, requestId), correlationId, actor: { kind, id } };
  const { inTurn = (batch) => batch() } = work;
  let state = started;
  while (state.status === 'undoing') {
    if ((await passOver(work, context, started.id)) === 'left') return 'left';
    if (work.isStopping?.()) throw stopped();
    const advanced = await inTurn(() =>
      work.database.withTenant(context, (session) => goOnToEnd(session, context, started.id, work)),
    );
    if (!advanced) await pause(lookAgainMs);
    state = advanced ?? state;
    if (state.status === 'undoing' && (await work.isOthersTurn?.(0))) return 'left';
  }
  work.logger.info({ import_id: state.id, reversed: state.reversed }, 'import undone');
  return 'ended';
}

const stopped = () => new Error('The process is stopping; another one goes on');

/** Takes back what is in the books and nobody is at, several batches at a time, until it is the turn of others. */
async function passOver(work: ImportWork, context: TenantContext, importId: string): Promise<Worked> {
  const { database, inTurn = (batch) => batch() } = work;
  let worked: Worked = 'ended';
  const batches = untilTurnIsOver(
    readPosted(work, context, importId),
    async () => (await work.isOthersTurn?.(0)) ?? false,
    () => {
      worked = 'left';
    },
  );
  await runAhead(batches, work.atOnce ?? atOnceDefault, async (ids) => {
    if (work.isStopping?.()) throw stopped();
    return () => inTurn(() => database.withTenant(context, (session) => takeBack(session, context, importId, ids)));
  });
  return worked;
}

/**
 * The expenses of an import that are in the books, some at a time. Each read goes on where the one before it ended: whatever is
 * still there behind it, what was left out and what others are at, is not looked at again, nor are the traces in the index of
 * what was taken back, which are many while anybody has an old snapshot.
 */
async function* readPosted(
  { database, batchSize = batchSizeDefault }: ImportWork,
  context: TenantContext,
  importId: string,
): AsyncGenerator<string[]> {
  let [lastDate, lastId] = ['-infinity', nilId];
  for (;;) {
    const { rows } = await database.withTenant(
      context,
      (session) =>
        session.query<{ id: string; expense_date: string }>(postedStatement, [
          ...[context.tenantId, importId, lastDate, lastId, batchSize],
        ]),
      { readOnly: true },
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(({ id }) => id);
    [lastDate, lastId] = [last.expense_date, last.id];
  }
}

/** Reverses those of some expenses that are in the books and that nobody else is at. */
async function takeBack(
  session: Session,
  context: TenantContext,
  importId: string,
  expenseIds: readonly string[],
): Promise<void> {
  const { rows: locked } = await session.query<{ id: string }>(takeStatement, [context.tenantId, expenseIds]);
  if (locked.length === 0) return;
  // A statement of its own, after the locks: what another worker has left out before it let go of it is seen.
  const { rows } = await session.query<{ id: string }>(notLeftOutStatement, [
    ...[context.tenantId, importId, locked.map(({ id }) => id)],
  ]);
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  const { reversed, leftOut } = await reverseSound(session, context, ids);
  const left = new Set(leftOut);
  // What is left out is in the books still: its purchase must not come again.
  const released = ids.filter((id) => !left.has(id));
  await releasePurchases(session, context, released);
  await recordLeftOut(session, context, importId, leftOut);
  await advanceUndo(session, context, importId, { reversed, removed: 0, leftOut });
}

/**
 * Archives some of what the import made, or ends the undo where there is no more. Answers where that stands then; undefined:
 * somebody else is at it, or at what is in the books.
 */
async function goOnToEnd(
  session: Session,
  context: TenantContext,
  importId: string,
  { clock, batchSize = batchSizeDefault }: ImportWork,
): Promise<ImportState | undefined> {
  // One at a time, and nobody waits with a connection in hand.
  const { rows: turn } = await session.query<{ is_free: boolean }>(turnStatement, [importId]);
  if (!turn[0]?.is_free) return undefined;
  // What a batch has not committed is in the books for everybody else. Asked before the state is read, which then has what
  // all batches did.
  const { rows: posted } = await session.query(postedStatement, [
    ...[context.tenantId, importId, '-infinity', nilId, 1],
  ]);
  if (posted.length > 0) return undefined;
  const state = await findImport(session, context, importId);
  if (state.status !== 'undoing') return state;
  const removed = await removeMade(session, context, importId, batchSize);
  return removed === undefined
    ? endUndo(session, context, state, clock())
    : advanceUndo(session, context, importId, { reversed: 0, removed, leftOut: [] });
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

const turnStatement = {
  name: 'take_undo_turn',
  text: "select pg_try_advisory_xact_lock(hashtextextended('end of undoing ' || $1::text, 0)) as is_free",
};

// A status that the planner does not know keeps it from the index of the tenant's dates, along which it would read what is of
// other imports. What was left out is made into a hash once: there may be much of it.
const postedStatement = {
  name: 'find_posted_of_import',
  text: `
select expenses.id, expenses.expense_date from expenses
where expenses.tenant_id = $1 and expenses.import_id = $2 and expenses.status = (select 'posted')
  and (expenses.expense_date, expenses.id) > ($3::date, $4::uuid)
  and expenses.id not in (
    select unnest(imports.undo_left_out) from imports where imports.tenant_id = $1 and imports.id = $2
  )
order by expenses.expense_date, expenses.id
limit $5`,
};

// What somebody else has locked they take back, or edit: it is looked for again at the end. Nobody is waited for, in whatever
// order this comes.
const takeStatement = { name: 'take_posted_of_import', text: lockPosted('skip locked') };

const notLeftOutStatement = {
  name: 'find_not_left_out_of_undo',
  text: `
select taken.id from unnest($3::uuid[]) as taken (id)
where taken.id not in (
  select unnest(imports.undo_left_out) from imports where imports.tenant_id = $1 and imports.id = $2
)`,
};
