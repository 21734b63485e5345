import { enqueueEvents } from '@outlay/messaging';
import type { Session, TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { type ImportState, importColumns, importState } from './import-state.ts';

/** How many of those that were left out the audit entry of the undo names; all have one of their own. */
const namedMax = 50;

/**
 * Adds up what a batch of an undo did, as the last thing of its transaction: other batches wait from here on, for as long as
 * a commit takes.
 */
export async function advanceUndo(
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
where imports.tenant_id = $1 and imports.id = $2 and imports.status = 'undoing'
returning ${importColumns}`,
    },
    [context.tenantId, importId, reversed, removed, leftOut],
  );
  if (!rows[0]) throw new Error('The import is not being taken back any more');
  return importState.parse(rows[0]);
}

/**
 * Ends an undo of which nothing is left to be done, and nobody is at. Its file can come again, with what was reversed by hand.
 * Emits outlay.ledger.import.undone.v1.
 */
export async function endUndo(
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
      data: { importId, reversed, alreadyReversed, leftOut: leftOut.length, undoneAt },
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
