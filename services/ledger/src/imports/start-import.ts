import { ledger } from '@outlay/contracts';
import { type Database, idempotent, type Session, type TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import type { ImportMapping } from './file/mapping.ts';
import { recogniseHead } from './file/recognise-head.ts';
import { toImportMessage } from './import-message.ts';
import { takePlaceInQueue } from './import-queue.ts';
import { insertImport } from './import-store.ts';
import { parseMapping } from './mappings/mapping-rules.ts';
import { findMapping } from './mappings/mapping-store.ts';
import type { UploadedFile } from './receive-upload.ts';

/**
 * Takes a file in: looks whether it can be a table of purchases or a bank's statement, stores it and has it worked off in
 * the background; a preview is looked at and waits to be committed. One transaction, so that what was answered is never
 * forgotten. With an idempotency key, the same file again is answered with the import of the first time, whatever became of
 * the saved mapping that it names; another file under the same key is invalid `idempotency_key_reused`.
 * Throws invalid with details on `file` (file_not_csv, date_column_missing ...) or on `mapping` before anything is stored;
 * not_found `import_mapping_not_found`; rate_limited `too_many_imports` where twenty of the tenant wait or are under way,
 * or fifty of its previews are kept.
 */
export async function startImport(
  { database }: { database: Database },
  context: TenantContext,
  file: UploadedFile,
): Promise<{ import: ledger.Import; replayed: boolean }> {
  const given = file.rules && parseMapping(file.rules, 'mapping');
  const { mappingId, isPreview } = file;
  const hash = file.hash.toString('hex');
  // As the client said it: a saved mapping can be another one by the time the file comes again.
  const request = {
    ...{ name: file.name, hash },
    ...(isPreview && { isPreview }),
    ...(given && { mapping: given }),
    ...(mappingId !== undefined && { mappingId }),
  };
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'start_import', request }, async () => {
      await takePlaceInQueue(session, { isPreview, isStored: false });
      const mapping = mappingId === undefined ? given : await overSaved(session, context, mappingId, given);
      const { encoding, layout } = recogniseHead(file.chunks, mapping);
      const state = await insertImport(session, context, { ...file, encoding, kind: layout.kind, mapping });
      // Last, so that one file waits for another's commit and not for its bytes.
      await takePlaceInQueue(session, { isPreview, isStored: true });
      await recordAudit(session, context, {
        action: isPreview ? 'import.previewed' : 'import.started',
        entity: 'import',
        entityId: state.id,
        after: { file_name: file.name, file_size: file.size, file_hash: hash, mapping_id: mappingId, mapping },
      });
      return ledger.Import.toJSON(toImportMessage(state));
    }),
  );
  return { import: ledger.Import.fromJSON(answer), replayed };
}

/** What the client says of the file, over what the saved mapping says that it names; part by part. */
async function overSaved(
  session: Session,
  context: TenantContext,
  mappingId: string,
  given: ImportMapping | undefined,
): Promise<ImportMapping> {
  const saved = await findMapping(session, context, mappingId);
  return {
    ...saved.mapping,
    ...given,
    columns: { ...saved.mapping.columns, ...given?.columns },
    defaults: { ...saved.mapping.defaults, ...given?.defaults },
  };
}
