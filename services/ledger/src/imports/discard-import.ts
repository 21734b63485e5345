import type { ledger } from '@outlay/contracts';
import { conflict, type Database, idempotent, type TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { expirePreview } from './expire-previews.ts';
import { lockImport } from './import-progress.ts';
import { findImport } from './import-store.ts';
import { ownOnly } from './read-imports.ts';

/**
 * Lets go of a preview before its day is over, also while its rows are being looked at or when that has failed: it is expired
 * from now on and shows no rows, and its bytes and rows are dropped in the background, however many. One that has expired by
 * itself is left as it is.
 *
 * Throws not_found `import_not_found` (of others too, for members), conflict `import_not_previewed` where it is no preview, or
 * was committed.
 */
export async function discardImport(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
): Promise<ledger.DiscardImportResponse> {
  const { replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'discard_import', request: { importId } }, async () => {
      await findImport(session, context, importId, ownOnly(context));
      const { state } = await lockImport(session, context, importId);
      if (state.status === 'expired') return {};
      const isUnbooked = state.isPreview && ['processing', 'previewed', 'failed'].includes(state.status);
      if (!isUnbooked) {
        throw conflict('import_not_previewed', 'The import is no preview, or one that is being booked');
      }
      await expirePreview(session, context, importId);
      await recordAudit(session, context, {
        action: 'import.discarded',
        entity: 'import',
        entityId: importId,
        before: { status: state.status, file_name: state.fileName, rows_total: state.rowsTotal },
        after: { status: 'expired' },
      });
      return {};
    }),
  );
  return { replayed };
}
