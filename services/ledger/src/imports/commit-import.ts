import { ledger } from '@outlay/contracts';
import {
  conflict,
  type Database,
  type DomainError,
  idempotent,
  type Session,
  type TenantContext,
} from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { toImportMessage } from './import-message.ts';
import { beginStage, lockImport } from './import-progress.ts';
import { takePlaceInQueue } from './import-queue.ts';
import { addImportJob, findImport, forbidReferences } from './import-store.ts';
import { mayMakeReferences } from './may-make-references.ts';
import { ownOnly } from './read-imports.ts';

/**
 * Has a previewed file booked, in the background, as if it came now: what is a duplicate, and what the plan allows, is
 * decided again, and so is whether what its rows name is made: whoever sent it and whoever commits it must both be ones who
 * may. Its expenses belong to whoever sent it. Asked for again, it answers where the import stands.
 *
 * Throws not_found `import_not_found` (of others too, for members), conflict `import_not_previewed` where it is no preview,
 * or one whose rows are still being looked at, conflict `preview_expired` from a day after it was made on, conflict
 * `preview_outdated` where the tenant has another currency than when its rows were looked at; rate_limited `too_many_imports`
 * where twenty of the tenant wait or are under way.
 */
export async function commitImport(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
): Promise<ledger.CommitImportResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'commit_import', request: { importId } }, async () => {
      await findImport(session, context, importId, ownOnly(context));
      const { state, tenantCurrency } = await lockImport(session, context, importId);
      if (state.status === 'expired')
        throw conflict('preview_expired', 'The file of the preview is gone; send it again');
      if (state.status !== 'previewed') {
        const isCommitted = state.expiresAt !== undefined && !state.isPreview;
        if (isCommitted) return ledger.Import.toJSON(toImportMessage(state));
        throw conflict('import_not_previewed', 'The import is no preview that can be booked');
      }
      const seenIn = state.survey?.currency ?? tenantCurrency;
      if (seenIn !== tenantCurrency) throw previewOutdated(seenIn, tenantCurrency);
      // Whoever lets the file make something must be one who may.
      if (!mayMakeReferences(context)) await forbidReferences(session, context, importId);
      await keepCurrency(session, context, importId, seenIn);
      const committed = await beginStage(session, context, importId, 'surveying');
      await addImportJob(session, context.tenantId, importId);
      await takePlaceInQueue(session, { isPreview: false, isStored: true });
      await recordAudit(session, context, {
        action: 'import.committed',
        entity: 'import',
        entityId: importId,
        after: { file_name: state.fileName, rows_total: state.rowsTotal },
      });
      return ledger.Import.toJSON(toImportMessage(committed));
    }),
  );
  return { import: ledger.Import.fromJSON(answer), replayed };
}

/** Its sums were in another currency, and rows without one would be booked in this. */
export const previewOutdated = (seenIn: string, currency: string): DomainError =>
  conflict(
    'preview_outdated',
    `The preview was made in ${seenIn}, and the currency of the tenant is ${currency} now; send the file again`,
  );

/** It may change once more before the first row is booked. */
async function keepCurrency(
  session: Session,
  context: TenantContext,
  importId: string,
  currency: string,
): Promise<void> {
  await session.query(
    {
      name: 'keep_committed_currency',
      text: 'update imports set committed_currency = $3 where imports.tenant_id = $1 and imports.id = $2',
    },
    [context.tenantId, importId, currency],
  );
}
