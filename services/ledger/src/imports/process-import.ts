import {
  type Clock,
  type Database,
  DomainError,
  type Logger,
  systemContext,
  type TenantContext,
  type TenantId,
} from '@outlay/platform';
import { type Batch, bookBatch } from './book-batch.ts';
import { decodeText } from './file/decode-text.ts';
import { readRows } from './file/read-rows.ts';
import { type OpenFile, recogniseFile } from './file/recognise-file.ts';
import { recogniseStoredLayout } from './file/recognise-head.ts';
import { advance, countAttempt, failImport, lockImport, storeFormat } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { readChunks } from './import-store.ts';

/** What working off an import takes. */
export interface ImportWork {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** Asked between batches: when it answers true, the rest is left to whoever goes on. */
  isStopping?: () => boolean;
  /** Rows booked in one transaction. */
  batchSize?: number;
}

/** How often work may begin without going forward before the import is given up. */
const attemptsMax = 8;

const batchSizeDefault = 500;

/**
 * Works an import off from where it stands to its end. It may be called any number of times, by several processes at
 * once and after any crash: it goes on after the last batch that was committed. An import that fails again and again
 * at the same place is marked failed; every other error is thrown, for the job to be tried again.
 */
export async function processImport(work: ImportWork, tenantId: TenantId, importId: string): Promise<void> {
  const state = await begin(work, systemContext(tenantId), importId);
  if (!state) return;
  const context = contextOf(tenantId, state);
  try {
    const recognised = state.format ? state : await recognise(work, context, state);
    if (recognised.status === 'processing') await bookAll(work, context, recognised);
  } catch (error) {
    if (!isFinal(error)) throw error;
    const { code, message } = error;
    await work.database.withTenant(context, (session) => failImport(session, context, importId, { code, message }));
    work.logger.warn({ import_id: importId, code }, 'import failed');
  }
}

/** Rows are booked for the one who sent the file, under the request that brought it. */
const contextOf = (tenantId: TenantId, { userId, requestId }: ImportState): TenantContext => ({
  ...systemContext(tenantId, requestId),
  actor: { kind: 'user', id: userId },
});

async function begin(work: ImportWork, context: TenantContext, importId: string): Promise<ImportState | undefined> {
  return work.database.withTenant(context, async (session) => {
    const { state } = await lockImport(session, context, importId);
    if (state.status !== 'processing') return undefined;
    if (state.attempts < attemptsMax) {
      await countAttempt(session, context, importId);
      return state;
    }
    const message = `Work on the file was interrupted ${attemptsMax} times at row ${state.rowsDone + 1}`;
    await failImport(session, context, importId, { code: 'import_interrupted', message });
    work.logger.error({ import_id: importId, rows_done: state.rowsDone }, 'import given up');
    return undefined;
  });
}

async function recognise(work: ImportWork, context: TenantContext, state: ImportState): Promise<ImportState> {
  const { database, clock } = work;
  const open: OpenFile = () => readChunks(database, context, state.id);
  const head = await recogniseStoredHead(open, state);
  const today = state.createdAt.toISOString().slice(0, 10);
  const { tenantCurrency: currency } = await database.withTenant(context, (session) =>
    lockImport(session, context, state.id),
  );
  const recognised = await recogniseFile(open, head, { today, currency });
  return database.withTenant(context, async (session) => {
    const { state: current } = await lockImport(session, context, state.id);
    if (current.status !== 'processing' || current.format) return current;
    const stored = await storeFormat(session, context, state, recognised);
    // A file with a header and nothing below it is done.
    return stored.rowsTotal > 0
      ? stored
      : advance(session, context, stored, { imported: 0, duplicates: 0, refused: 0 }, clock);
  });
}

async function recogniseStoredHead(open: OpenFile, { encoding }: ImportState) {
  for await (const chunk of open()) return { encoding, layout: recogniseStoredLayout(chunk, encoding) };
  throw new Error('The stored bytes of a file are gone');
}

async function bookAll(work: ImportWork, context: TenantContext, state: ImportState): Promise<void> {
  let current = state;
  for await (const batch of batchesOf(work, context, state)) {
    if (work.isStopping?.()) throw new Error('The process is stopping; another one goes on');
    if (batch.start < current.rowsDone) continue;
    current = await bookBatch(work, context, state.id, batch);
    if (current.status !== 'processing') break;
  }
  if (current.status === 'processing') throw new Error('The rows of a file ended before all were accounted for');
  const { imported, duplicates, refused } = current;
  work.logger.info({ import_id: state.id, imported, duplicates, refused }, `import ${current.status}`);
}

async function* batchesOf(work: ImportWork, context: TenantContext, state: ImportState): AsyncGenerator<Batch> {
  const { format, rowsDone } = state;
  if (!format) return;
  const size = work.batchSize ?? batchSizeDefault;
  const text = decodeText(readChunks(work.database, context, state.id), format.encoding);
  let position = 0;
  let batch: { start: number; rows: Batch['rows'][number][] } = { start: rowsDone, rows: [] };
  for await (const row of readRows(text, format)) {
    if (row.line <= format.headerLine) continue;
    if (position++ < rowsDone) continue;
    batch.rows.push(row);
    if (batch.rows.length < size) continue;
    yield batch;
    batch = { start: position, rows: [] };
  }
  if (batch.rows.length > 0) yield batch;
}

/** Errors that would come again however often it is tried. */
const isFinal = (error: unknown): error is DomainError =>
  error instanceof DomainError && ['invalid', 'forbidden', 'not_found', 'precondition_failed'].includes(error.kind);
