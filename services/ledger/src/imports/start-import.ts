import { ledger } from '@outlay/contracts';
import { type Database, idempotent, recordAudit, type TenantContext } from '@outlay/platform';
import { recogniseHead } from './file/recognise-head.ts';
import { toImportMessage } from './import-state.ts';
import { insertImport } from './import-store.ts';
import type { UploadedFile } from './receive-upload.ts';

/**
 * Takes a file in: looks whether it can be a table of purchases, stores it and has it worked off in the background. One
 * transaction, so that what was answered is never forgotten. With an idempotency key, the same file again is answered
 * with the import of the first time; another file under the same key is invalid `idempotency_key_reused`.
 * Throws invalid with details on `file` (file_not_csv, date_column_missing ...) before anything is stored.
 */
export async function startImport(
  { database }: { database: Database },
  context: TenantContext,
  file: UploadedFile,
): Promise<{ import: ledger.Import; replayed: boolean }> {
  const { encoding } = recogniseHead(file.chunks);
  const request = { name: file.name, hash: file.hash.toString('hex') };
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'start_import', request }, async () => {
      const state = await insertImport(session, context, { ...file, encoding });
      await recordAudit(session, context, {
        action: 'import.started',
        entity: 'import',
        entityId: state.id,
        after: { file_name: file.name, file_size: file.size, file_hash: request.hash },
      });
      return ledger.Import.toJSON(toImportMessage(state));
    }),
  );
  return { import: ledger.Import.fromJSON(answer), replayed };
}
