import { ledger } from '@outlay/contracts';
import { conflict, type Database, idempotent, type TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { toImportMessage } from './import-message.ts';
import { lockImport } from './import-progress.ts';
import { takePlaceInQueue } from './import-queue.ts';
import { type ImportState, importColumns, importState } from './import-state.ts';
import { addImportJob, findImport } from './import-store.ts';
import { ownOnly } from './read-imports.ts';

/**
 * Has all that an import has booked taken back, by reversing entries, in the background; poll the import until it is
 * undone. Edited expenses are taken back as they are; those that were reversed by hand are left. What the import made for
 * them to refer to is archived, where nothing else uses it. Afterwards the file can be imported again. Asked for again, it answers where the import stands.
 *
 * Emits outlay.ledger.expense.reversed.v1 for each expense, and outlay.ledger.import.undone.v1 at the end.
 * Throws not_found `import_not_found` (of others too, for members), conflict `import_not_booked` while it is under way or
 * where nothing was booked; rate_limited `too_many_imports` where twenty of the tenant wait or are under way.
 */
export async function undoImport(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
): Promise<ledger.UndoImportResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'undo_import', request: { importId } }, async () => {
      await findImport(session, context, importId, ownOnly(context));
      const { state } = await lockImport(session, context, importId);
      if (state.status === 'undoing' || state.status === 'undone') return ledger.Import.toJSON(toImportMessage(state));
      assertBooked(state);
      const { rows } = await session.query(beginStatement, [
        ...[context.tenantId, importId, context.actor.kind, context.actor.id, context.requestId],
        context.correlationId,
      ]);
      await addImportJob(session, context.tenantId, importId);
      await takePlaceInQueue(session, { isPreview: false, isStored: true });
      await recordAudit(session, context, {
        action: 'import.undo_started',
        entity: 'import',
        entityId: importId,
        before: { status: state.status, imported: state.imported },
      });
      return ledger.Import.toJSON(toImportMessage(importState.parse(rows[0])));
    }),
  );
  return { import: ledger.Import.fromJSON(answer), replayed };
}

function assertBooked({ status, imported }: ImportState): void {
  const isOver = status === 'completed' || status === 'failed';
  if (!isOver || imported === 0) {
    throw conflict('import_not_booked', 'The import has booked nothing, or is still under way');
  }
}

const beginStatement = {
  name: 'begin_undo',
  text: `
update imports
set status = 'undoing', undo_actor_kind = $3, undo_user_id = $4, undo_request_id = $5, undo_correlation_id = $6,
  attempts = 0, version = imports.version + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
};
