import { enqueueEvents } from '@outlay/messaging';
import type { Clock, Session, TenantContext, TenantId } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import type { FileFormat } from './file/file-format.ts';
import { type ImportState, importColumns, importState } from './import-state.ts';
import type { Survey } from './survey.ts';

/** Somebody has ended what was being worked on, such as a preview that was let go of. There is no more to do. */
export class StageOver extends Error {
  constructor() {
    super('The import is not in this stage any more');
  }
}

/** What one batch did; none of the numbers is of another batch. */
export interface BatchResult {
  fresh: number;
  imported: number;
  duplicates: number;
  skipped: number;
  refused: number;
}

/**
 * Locks an import for the rest of the transaction, so that what is decided on its state holds, and answers where it
 * stands, with the currency of its tenant and how that writes dates.
 */
export async function lockImport(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<{ state: ImportState; tenantCurrency: string; dateFormat: string }> {
  const { rows } = await session.query<{ currency: string; date_format: string }>(
    {
      name: 'lock_import',
      text: `
select ${importColumns}, tenants.currency, tenants.date_format
from imports
join tenants on tenants.tenant_id = imports.tenant_id
where imports.tenant_id = $1 and imports.id = $2
for no key update of imports`,
    },
    [context.tenantId, importId],
  );
  const [row] = rows;
  if (!row) throw new Error('An import or its tenant is gone');
  return { state: importState.parse(row), tenantCurrency: row.currency, dateFormat: row.date_format };
}

/** Notes that work on an import begins; the count goes back to zero when the import goes forward. */
export async function countAttempt(session: Session, context: { tenantId: TenantId }, importId: string): Promise<void> {
  await session.query(
    {
      name: 'count_import_attempt',
      text: `
update imports set attempts = imports.attempts + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2`,
    },
    [context.tenantId, importId],
  );
}

/**
 * Notes that somebody is at work on an import. Its attempts go on to count, as nothing of what is done so would be left
 * after a crash.
 */
export async function noteProgress(session: Session, context: { tenantId: TenantId }, importId: string): Promise<void> {
  await session.query(
    {
      name: 'note_import_progress',
      text: 'update imports set progressed_at = now() where imports.tenant_id = $1 and imports.id = $2',
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
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, state.id, JSON.stringify(recognised.format), recognised.rowsTotal],
  );
  return importState.parse(rows[0]);
}

/**
 * Takes a batch on in the session's transaction, and answers whether that was possible: it is not where the batch is done,
 * where another worker is at it at this moment (nobody waits: a batch takes long), or where the stage is over or waits.
 */
export async function takeBatch(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  batch: { stage: ImportState['stage']; start: number; rowCount: number },
): Promise<boolean> {
  const { rowCount } = await session.query(
    {
      name: 'take_import_batch',
      text: `
with mine as materialized (
  select pg_try_advisory_xact_lock(hashtextextended('import batch ' || $2::text || $3::text || $4::text, 0)) as is_free
)
insert into import_batches (tenant_id, import_id, stage, start, row_count)
select $1, imports.id, imports.stage, $4::int, $5
from imports
cross join mine
where imports.tenant_id = $1 and imports.id = $2::uuid and imports.status = 'processing' and imports.stage = $3::text
  and mine.is_free and (imports.stage = 'booking' or imports.made_beside is not null)
on conflict do nothing`,
    },
    [context.tenantId, importId, batch.stage, batch.start, batch.rowCount],
  );
  return rowCount === 1;
}

/** The stretches of rows that have been dealt with, in their order. */
export async function listBatches(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  stage: ImportState['stage'],
): Promise<{ start: number; rowCount: number }[]> {
  const { rows } = await session.query<{ start: number; row_count: number }>(
    {
      name: 'list_import_batches',
      text: `
select import_batches.start, import_batches.row_count from import_batches
where import_batches.tenant_id = $1 and import_batches.import_id = $2 and import_batches.stage = $3
order by import_batches.start`,
    },
    [context.tenantId, importId, stage],
  );
  return rows.map((row) => ({ start: row.start, rowCount: row.row_count }));
}

/**
 * Adds up what a batch did, as the last thing of its transaction: other batches of the file wait from here on, for as long
 * as a commit takes. Throws StageOver where the import is in another stage by now, so that the batch comes to nothing.
 */
export async function advance(
  session: Session,
  context: TenantContext,
  { id, stage }: Pick<ImportState, 'id' | 'stage'>,
  batch: BatchResult,
): Promise<ImportState> {
  const { rows } = await session.query(
    {
      name: 'advance_import',
      text: `
update imports
set fresh = imports.fresh + $4, imported = imports.imported + $5, duplicates = imports.duplicates + $6,
  skipped = imports.skipped + $7, refused = imports.refused + $8, attempts = 0, version = imports.version + 1,
  progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2 and imports.status = 'processing' and imports.stage = $3
returning ${importColumns}`,
    },
    [...[context.tenantId, id, stage, batch.fresh, batch.imported, batch.duplicates, batch.skipped], batch.refused],
  );
  if (!rows[0]) throw new StageOver();
  return importState.parse(rows[0]);
}

/** Keeps what the rows were seen to come to; the caller holds the import's lock. */
export async function storeSurvey(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  survey: Survey,
): Promise<void> {
  await session.query(
    {
      name: 'store_import_survey',
      text: 'update imports set survey = $3 where imports.tenant_id = $1 and imports.id = $2',
    },
    [context.tenantId, importId, JSON.stringify(survey)],
  );
}

/** Begins a stage, with nothing done of it. The caller holds the import's lock. */
export async function beginStage(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  stage: ImportState['stage'],
): Promise<ImportState> {
  await dropAll(session, context, importId, ['import_batches', 'import_references']);
  // What was seen of the rows counts until they are looked at anew.
  if (stage === 'surveying') await dropAll(session, context, importId, ['import_looks', 'import_meanings']);
  const { rows } = await session.query(
    {
      name: 'begin_import_stage',
      text: `
update imports
set status = 'processing', stage = $3, stage_began_at = now(), made_beside = null, waits_since = null, is_preview = false, fresh = 0, imported = 0,
  duplicates = 0, skipped = 0, refused = 0, survey = null, attempts = 0, failure_code = '', failure_message = '', finished_at = null,
  version = imports.version + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, importId, stage],
  );
  return importState.parse(rows[0]);
}

/** Ends an import whose rows all have their fate; its bytes are dropped. */
export async function completeImport(
  session: Session,
  context: TenantContext,
  state: ImportState,
  clock: Clock,
): Promise<ImportState> {
  const { id: importId, rowsTotal, imported, duplicates, skipped, refused } = state;
  const finished = await finish(session, context, importId, { status: 'completed', code: '', message: '' });
  await enqueueEvents(session, context, [
    {
      type: 'outlay.ledger.import.completed.v1',
      tenantId: context.tenantId,
      subject: importId,
      aggregateVersion: finished.version,
      data: { importId, rowsTotal, imported, duplicates, skipped, refused, completedAt: clock() },
    },
  ]);
  await recordAudit(session, context, {
    action: 'import.completed',
    entity: 'import',
    entityId: importId,
    after: { rows_total: rowsTotal, imported, duplicates, skipped, refused },
  });
  return finished;
}

/** How long the bytes of a preview wait to be booked, and what was seen of its rows can be read. */
const previewKeptHours = 24;

/** Ends the look at a file that is not to be booked yet: its bytes are kept for a day. */
export async function endPreview(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<ImportState> {
  await dropAll(session, context, importId, ['import_batches', 'import_references', 'import_meanings']);
  const { rows } = await session.query(
    {
      name: 'end_import_preview',
      text: `
update imports
set status = 'previewed', expires_at = now() + $3 * interval '1 hour', version = imports.version + 1, progressed_at = now()
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, importId, previewKeptHours],
  );
  return importState.parse(rows[0]);
}

/**
 * Gives an import up: what was booked stays booked, and the same file can be sent again to go on from there. What was seen of
 * the rows of a preview can be read for a day.
 */
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
  await dropAll(session, context, importId, [
    'import_chunks',
    'import_batches',
    'import_references',
    'import_meanings',
  ]);
  const { rows } = await session.query(
    {
      name: 'finish_import',
      text: `
update imports
set status = $3, failure_code = $4, failure_message = $5, version = imports.version + 1, progressed_at = now(),
  finished_at = now(),
  expires_at = case when imports.is_preview then now() + $6 * interval '1 hour' else imports.expires_at end
where imports.tenant_id = $1 and imports.id = $2
returning ${importColumns}`,
    },
    [context.tenantId, importId, end.status, end.code, end.message, previewKeptHours],
  );
  return importState.parse(rows[0]);
}

type PartTable =
  | 'import_chunks'
  | 'import_batches'
  | 'import_references'
  | 'import_meanings'
  | 'import_looks'
  | 'import_rows';

/** Drops what belongs to an import and has served. */
export async function dropAll(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  tables: readonly PartTable[],
): Promise<void> {
  for (const table of tables) {
    await session.query(
      { name: `drop_${table}`, text: `delete from ${table} where ${table}.tenant_id = $1 and ${table}.import_id = $2` },
      [context.tenantId, importId],
    );
  }
}
