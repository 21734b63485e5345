import { enqueueEvents } from '@outlay/messaging';
import { type Clock, recordAudit, type Session, type TenantContext, type TenantId } from '@outlay/platform';
import type { FileFormat } from './file/file-format.ts';
import { type ImportState, importColumns, importState } from './import-state.ts';

/** What one batch did. */
export interface BatchResult {
  imported: number;
  duplicates: number;
  refused: number;
}

/**
 * Locks an import for the rest of the transaction, so that of several workers on it only one goes forward, and answers
 * where it stands, with the currency of its tenant.
 */
export async function lockImport(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<{ state: ImportState; tenantCurrency: string }> {
  const { rows } = await session.query<{ currency: string }>(
    {
      name: 'lock_import',
      text: `
select ${importColumns}, tenants.currency
from imports
join tenants on tenants.tenant_id = imports.tenant_id
where imports.tenant_id = $1 and imports.id = $2
for update of imports`,
    },
    [context.tenantId, importId],
  );
  const [row] = rows;
  if (!row) throw new Error('An import or its tenant is gone');
  return { state: importState.parse(row), tenantCurrency: row.currency };
}

/** Notes that work on an import begins; the count goes back to zero when the import goes forward. */
export async function countAttempt(session: Session, context: { tenantId: TenantId }, importId: string): Promise<void> {
  await session.query(
    {
      name: 'count_import_attempt',
      text: `
update imports set attempts = imports.attempts + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2 and imports.status = 'processing'`,
    },
    [context.tenantId, importId],
  );
}

/** Keeps what was recognised over all rows; the first to say so wins, that every row is read in the same way. */
export async function storeFormat(
  session: Session,
  context: TenantContext,
  state: ImportState,
  recognised: { format: FileFormat; rowsTotal: number },
): Promise<ImportState> {
  const { rows } = await session.query(
    {
      name: 'store_import_format',
      text: `
update imports
set format = $3, rows_total = $4, attempts = 0, version = imports.version + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2 and imports.status = 'processing'
returning ${importColumns}`,
    },
    [context.tenantId, state.id, JSON.stringify(recognised.format), recognised.rowsTotal],
  );
  return importState.parse(rows[0]);
}

/** Adds up what a batch did. With the last row the import is completed: its event goes out and its bytes are dropped. */
export async function advance(
  session: Session,
  context: TenantContext,
  state: ImportState,
  batch: BatchResult,
  clock: Clock,
): Promise<ImportState> {
  const { rows } = await session.query(
    {
      name: 'advance_import',
      text: `
update imports
set imported = imports.imported + $3, duplicates = imports.duplicates + $4, refused = imports.refused + $5,
  attempts = 0, version = imports.version + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, state.id, batch.imported, batch.duplicates, batch.refused],
  );
  const advanced = importState.parse(rows[0]);
  return advanced.rowsDone < advanced.rowsTotal ? advanced : complete(session, context, advanced, clock());
}

async function complete(
  session: Session,
  context: TenantContext,
  state: ImportState,
  completedAt: Date,
): Promise<ImportState> {
  const { id: importId, rowsTotal, imported, duplicates, refused } = state;
  const finished = await finish(session, context, importId, { status: 'completed', code: '', message: '' });
  await enqueueEvents(session, context, [
    {
      type: 'outlay.ledger.import.completed.v1',
      tenantId: context.tenantId,
      subject: importId,
      aggregateVersion: finished.version,
      data: { importId, rowsTotal, imported, duplicates, refused, completedAt },
    },
  ]);
  await recordAudit(session, context, {
    action: 'import.completed',
    entity: 'import',
    entityId: importId,
    after: { rows_total: rowsTotal, imported, duplicates, refused },
  });
  return finished;
}

/** Gives an import up: what was booked stays booked, and the same file can be sent again to go on from there. */
export async function failImport(
  session: Session,
  context: TenantContext,
  importId: string,
  failure: { code: string; message: string },
): Promise<ImportState> {
  const failed = await finish(session, context, importId, { status: 'failed', ...failure });
  await recordAudit(session, context, {
    action: 'import.failed',
    entity: 'import',
    entityId: importId,
    after: { failure_code: failure.code },
  });
  return failed;
}

async function finish(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  end: { status: 'completed' | 'failed'; code: string; message: string },
): Promise<ImportState> {
  await session.query(
    {
      name: 'drop_import_chunks',
      text: 'delete from import_chunks where import_chunks.tenant_id = $1 and import_chunks.import_id = $2',
    },
    [context.tenantId, importId],
  );
  const { rows } = await session.query(
    {
      name: 'finish_import',
      text: `
update imports
set status = $3, failure_code = $4, failure_message = $5, version = imports.version + 1, progressed_at = now(),
  finished_at = now()
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, importId, end.status, end.code, end.message],
  );
  return importState.parse(rows[0]);
}
