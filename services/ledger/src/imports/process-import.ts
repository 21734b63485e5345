import {
  type Clock,
  type Database,
  DomainError,
  type Logger,
  systemContext,
  type TenantContext,
  type TenantId,
} from '@outlay/platform';
import { bookBatch } from './book-batch.ts';
import { UnclosedQuote } from './file/read-rows.ts';
import { type OpenFile, recogniseFile } from './file/recognise-file.ts';
import { recogniseStoredLayout } from './file/recognise-head.ts';
import { advance, countAttempt, failImport, lockImport, storeFormat } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { readChunks } from './import-store.ts';
import { readAhead, readBatches } from './read-batches.ts';

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
const attemptsMax = 12;

const batchSizeDefault = 500;

/**
 * Works an import off from where it stands to its end. It may be called any number of times, by several processes at
 * once and after any crash: it goes on after the last batch that was committed. An import that fails again and again
 * at the same place is marked failed; every other error is thrown, for the job to be tried again.
 */
export async function processImport(work: ImportWork, tenantId: TenantId, importId: string): Promise<void> {
  const started = await begin(work, systemContext(tenantId), importId);
  if (!started) return;
  const context = contextOf(tenantId, started.state);
  try {
    const state = started.state.format ? started.state : await recognise(work, context, started);
    if (state.status === 'processing') await bookAll(work, context, state, started.tenantCurrency);
  } catch (error) {
    const failure = finalFailure(error);
    if (!failure) throw error;
    await work.database.withTenant(context, (session) => failImport(session, context, importId, failure));
    work.logger.warn({ import_id: importId, code: failure.code }, 'import failed');
  }
}

type Started = Awaited<ReturnType<typeof lockImport>>;

/** Rows are booked for the one who sent the file, under the request that brought it. */
const contextOf = (tenantId: TenantId, { userId, requestId }: ImportState): TenantContext => ({
  ...systemContext(tenantId, requestId),
  actor: { kind: 'user', id: userId },
});

async function begin(work: ImportWork, context: TenantContext, importId: string): Promise<Started | undefined> {
  return work.database.withTenant(context, async (session) => {
    const started = await lockImport(session, context, importId);
    const { state } = started;
    if (state.status !== 'processing') return undefined;
    if (state.attempts < attemptsMax) {
      await countAttempt(session, context, importId);
      return started;
    }
    const message = `Work on the file was interrupted ${attemptsMax} times at row ${state.rowsDone + 1}`;
    await failImport(session, context, importId, { code: 'import_interrupted', message });
    work.logger.error({ import_id: importId, rows_done: state.rowsDone }, 'import given up');
    return undefined;
  });
}

/** The day the file came in, however often its rows are read. */
const dayOf = (state: ImportState): string => state.createdAt.toISOString().slice(0, 10);

const openStored =
  (database: Database, context: TenantContext, importId: string): OpenFile =>
  () =>
    readChunks(database, context, importId);

async function recognise(work: ImportWork, context: TenantContext, started: Started): Promise<ImportState> {
  const { database, clock } = work;
  const { state, tenantCurrency: currency } = started;
  const open = openStored(database, context, state.id);
  const head = await recogniseStoredHead(open, state);
  const recognised = await recogniseFile(open, head, { today: dayOf(state), currency });
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

/** Columns are found in the first piece; the encoding was told by all of the bytes when the file came in. */
async function recogniseStoredHead(open: OpenFile, { encoding }: ImportState) {
  for await (const chunk of open()) return { encoding, layout: recogniseStoredLayout(chunk, encoding) };
  throw new Error('The stored bytes of a file are gone');
}

async function bookAll(
  work: ImportWork,
  context: TenantContext,
  state: ImportState,
  tenantCurrency: string,
): Promise<void> {
  if (!state.format) throw new Error('A file must be recognised before its rows are read');
  const { id, format } = state;
  const reading = { format, tenantCurrency, today: dayOf(state), batchSize: work.batchSize ?? batchSizeDefault };
  let current = state;
  const batches = readBatches(openStored(work.database, context, id), reading, state.rowsDone);
  for await (const batch of readAhead(batches)) {
    if (work.isStopping?.()) throw new Error('The process is stopping; another one goes on');
    if (batch.start < current.rowsDone) continue;
    current = await bookBatch(work, context, id, batch, reading);
    if (current.status !== 'processing') break;
  }
  if (current.status === 'processing') throw new Error('The rows of a file ended before all were accounted for');
  const { imported, duplicates, refused } = current;
  work.logger.info({ import_id: id, imported, duplicates, refused }, `import ${current.status}`);
}

/** What failed for good: it would come again however often it is tried. */
function finalFailure(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof UnclosedQuote) return { code: 'file_unreadable', message: 'The lines of the file are too long' };
  const finalKinds = ['invalid', 'forbidden', 'not_found', 'precondition_failed'];
  return error instanceof DomainError && finalKinds.includes(error.kind) ? error : undefined;
}
