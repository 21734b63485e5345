import {
  type Clock,
  type Database,
  DomainError,
  type Logger,
  pause,
  sqlStateOf,
  systemContext,
  type TenantContext,
  type TenantId,
} from '@outlay/platform';
import { bookBatch } from './book-batch.ts';
import { findClaimSpace } from './claim-spaces.ts';
import { previewOutdated } from './commit-import.ts';
import { findEarlierReadings } from './earlier-readings.ts';
import { endSurvey, needsSurvey } from './end-survey.ts';
import { findExceeded } from './exceeded-limits.ts';
import { UnclosedQuote } from './file/csv-splitter.ts';
import { inPieces } from './file/next-turn.ts';
import type { OpenFile } from './file/open-rows.ts';
import { headersOf, recogniseFile } from './file/recognise-file.ts';
import { recogniseStoredLayout } from './file/recognise-head.ts';
import { UnreadableStatement } from './file/statements/unreadable-statement.ts';
import { UnreadableFile } from './file/unreadable-file.ts';
import {
  beginStage,
  completeImport,
  countAttempt,
  failImport,
  listBatches,
  lockImport,
  noteProgress,
  StageOver,
  storeFormat,
  storeSurvey,
} from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { findImport, readChunks } from './import-store.ts';
import { readBatches } from './read-batches.ts';
import { leavePlacesOpen } from './reserve-places.ts';
import { runAhead, untilTurnIsOver } from './run-ahead.ts';
import { findSignBefore } from './sign-before.ts';
import { emptySurvey } from './survey.ts';
import { surveyBatch } from './survey-batch.ts';
import { undoBatches } from './undo-batches.ts';
import { beginLook, goesOnWaiting } from './wait-for-others.ts';

/** What working off an import takes. */
export interface ImportWork {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** Asked between batches: when it answers true, the rest is left to whoever goes on. */
  isStopping?: () => boolean;
  /**
   * Asked between batches, with how long it took to read up to the first of them: when it answers true, the import is left
   * where it stands, as others wait for its place. Never unless set.
   */
  isOthersTurn?: (readingMs: number) => Promise<boolean>;
  /** Rows booked in one transaction. */
  batchSize?: number;
  /** How often reading is noted as going forward; 1,000 unless set, well below what lets an import count as stalled. */
  noteEveryMs?: number;
  /** Batches of one file that are booked at the same time. */
  atOnce?: number;
  /** Runs a batch when it is its turn among those of other imports; at once unless set. */
  inTurn?: <T>(batch: () => Promise<T>) => Promise<T>;
}

/** Whether the import is over, left where it stands for the others, or waits for what other imports may give back. */
export type Worked = 'ended' | 'left' | 'waits';

/** How often work may begin without going forward before the import is given up. */
const attemptsMax = 12;

/** The larger, the fewer times each counter of the plan is counted up; what is booked at once is what others wait for. */
const batchSizeDefault = 1_000;
const atOnceDefault = 4;

/**
 * Works an import off from where it stands to its end, or takes it back, or leaves it when it is the turn of others or when
 * others have reserved what it needs: then its job is to be added again. It may be called any number of times, by several
 * processes at once and after any crash: it goes on with the batches that were not committed. An import that fails again
 * and again at the same place is marked failed; every other error is thrown, for the job to be tried again.
 */
export async function processImport(work: ImportWork, tenantId: TenantId, importId: string): Promise<Worked> {
  const started = await begin(work, systemContext(tenantId), importId);
  if (typeof started === 'string') return started;
  if (started.state.status === 'undoing') return undoBatches(work, tenantId, started.state);
  const context = contextOf(tenantId, started.state);
  try {
    return await bringToItsEnd(work, context, started);
  } catch (error) {
    const failure = finalFailure(error);
    if (!failure) throw error;
    const hasFailed = await work.database.withTenant(context, async (session) => {
      const { state } = await lockImport(session, context, importId);
      if (state.status !== 'processing') return false;
      await failImport(session, context, importId, failure);
      return true;
    });
    // A preview that somebody has let go of ends wherever its bytes do.
    if (hasFailed) work.logger.warn({ import_id: importId, code: failure.code }, 'import failed');
    return 'ended';
  }
}

async function bringToItsEnd(work: ImportWork, context: TenantContext, started: Started): Promise<Worked> {
  const { tenantCurrency } = started;
  let { state } = started;
  if (!state.format) {
    state = await recognise(work, context, started);
    if (state.status === 'processing' && (await work.isOthersTurn?.(0))) return 'left';
  }
  if (state.status !== 'processing') return 'ended';
  if (state.stage === 'surveying') {
    const isNeeded = await needsSurvey(work, context, state);
    if (isNeeded) await work.database.withTenant(context, (session) => beginLook(session, context, started.state.id));
    const how = { tenantCurrency, doBatch: surveyBatch };
    if (isNeeded && (await workOff(work, context, state, how)) === 'left') return 'left';
    state = isNeeded
      ? await endSurvey(work, context, state.id, tenantCurrency)
      : await goOnToBooking(work, context, state);
  }
  if (state.status !== 'processing') return 'ended';
  if (state.stage === 'surveying') return 'waits';
  if ((await workOff(work, context, state, { tenantCurrency, doBatch: bookBatch })) === 'left') return 'left';
  const { imported, duplicates, skipped, refused, status } = await endBooking(work, context, state.id);
  work.logger.info({ import_id: state.id, imported, duplicates, skipped, refused }, `import ${status}`);
  return 'ended';
}

type Started = Awaited<ReturnType<typeof lockImport>>;

/** Rows are booked for the one who sent the file, under the request that brought it. */
const contextOf = (
  tenantId: TenantId,
  { actorKind, userId, requestId, correlationId }: ImportState,
): TenantContext => ({
  ...systemContext(tenantId, requestId),
  correlationId,
  actor: { kind: actorKind, id: userId },
});

async function begin(work: ImportWork, context: TenantContext, importId: string): Promise<Started | 'ended' | 'waits'> {
  return work.database.withTenant(context, async (session) => {
    const started = await lockImport(session, context, importId);
    const { state } = started;
    if (state.status !== 'processing' && state.status !== 'undoing') return 'ended';
    // No attempt, as nothing is tried.
    if (state.status === 'processing' && (await goesOnWaiting(session, context, state))) return 'waits';
    const seenIn = state.committedCurrency;
    if (state.status === 'processing' && seenIn !== undefined && seenIn !== started.tenantCurrency) {
      const { code, message } = previewOutdated(seenIn, started.tenantCurrency);
      await failImport(session, context, importId, { code, message });
      return 'ended';
    }
    // What is to be taken back is never given up: half of it would be in nobody's interest.
    if (state.attempts < attemptsMax || state.status === 'undoing') {
      await countAttempt(session, context, importId);
      return started;
    }
    const message = `Work on the file was interrupted ${attemptsMax} times at row ${state.rowsDone + 1}`;
    await failImport(session, context, importId, { code: 'import_interrupted', message });
    work.logger.error({ import_id: importId, rows_done: state.rowsDone }, 'import given up');
    return 'ended';
  });
}

/** The day the file came in, however often its rows are read. */
const dayOf = (state: ImportState): string => state.createdAt.toISOString().slice(0, 10);

/**
 * The stored bytes of a file. While they are read, the import is said to go forward, for nobody else to take it up: all rows
 * of a large file are read before the first of them is counted.
 */
const openStored = (
  { database, noteEveryMs = 1_000 }: ImportWork,
  context: TenantContext,
  importId: string,
): OpenFile =>
  async function* () {
    let noted = performance.now();
    for await (const chunk of readChunks(database, context, importId)) {
      for (const piece of inPieces(chunk)) {
        if (performance.now() - noted >= noteEveryMs) {
          await database.withTenant(context, (session) => noteProgress(session, context, importId));
          noted = performance.now();
        }
        yield piece;
      }
    }
  };

async function recognise(work: ImportWork, context: TenantContext, started: Started): Promise<ImportState> {
  const { database } = work;
  const { state, tenantCurrency: currency, dateFormat } = started;
  const head = await recogniseStoredHead(database, context, state);
  if (!head) return endWithout(database, context, state.id);
  const open = openStored(work, context, state.id);
  const signBefore = await database.withTenant(
    context,
    (session) => findSignBefore(session, context, state.id, headersOf(head.layout)),
    { readOnly: true },
  );
  const recognised = await recogniseFile(open, head, {
    today: dayOf(state),
    currency,
    dateFormat,
    ...(signBefore && { signBefore }),
    mapping: state.mapping,
  });
  return database.withTenant(context, async (session) => {
    const { state: current } = await lockImport(session, context, state.id);
    if (current.status !== 'processing' || current.format) return current;
    const isKnown = (await findEarlierReadings(session, context, state.id)).length > 0;
    return storeFormat(session, context, state, { ...recognised, format: { ...recognised.format, isKnown } });
  });
}

/** Columns are found in the first piece; the encoding was told by all of the bytes when the file came in. */
async function recogniseStoredHead(database: Database, context: TenantContext, state: ImportState) {
  const { id, encoding, mapping } = state;
  for await (const chunk of readChunks(database, context, id))
    return { encoding, layout: recogniseStoredLayout(chunk, encoding, mapping) };
  return undefined;
}

/** Of a preview that somebody has let go of, the bytes are dropped from under whoever reads them. */
async function endWithout(database: Database, context: TenantContext, importId: string): Promise<ImportState> {
  const state = await database.withTenant(context, (session) => findImport(session, context, importId));
  if (state.status === 'processing') throw new Error('The stored bytes of a file are gone');
  return state;
}

/** Begins to book rows that nobody needs to look at first. Where a hard limit has come meanwhile they are left to be looked at. */
const goOnToBooking = (work: ImportWork, context: TenantContext, { id }: ImportState): Promise<ImportState> =>
  work.database.withTenant(context, async (session) => {
    const { state } = await lockImport(session, context, id);
    const isWaiting = state.status === 'processing' && state.stage === 'surveying';
    if (!isWaiting || !(await leavePlacesOpen(session, context, id))) return state;
    return beginStage(session, context, id, 'booking');
  });

/** How often to look again at what other workers are at, and how often in vain. */
const lookAgainMs = 200;
const looksMax = 50;

/** Sees to it that all rows of the present stage are dealt with, by this worker or by others that are at them, or leaves them. */
async function workOff(
  work: ImportWork,
  context: TenantContext,
  state: ImportState,
  how: { tenantCurrency: string; doBatch: typeof bookBatch },
): Promise<Worked> {
  let { rowsDone } = state;
  for (let looks = 0; looks < looksMax; looks++) {
    const worked = await passOver(work, context, state, how);
    const now = await work.database.withTenant(context, (session) => findImport(session, context, state.id), {
      readOnly: true,
    });
    const isOver = now.status !== 'processing' || now.stage !== state.stage || now.rowsDone >= now.rowsTotal;
    // Another worker has put it back to where it waits.
    const isPutBack = now.stage === 'surveying' && !now.isLookBegun;
    if (isOver || isPutBack) return 'ended';
    if (worked === 'left') return 'left';
    if (now.rowsDone > rowsDone) looks = 0;
    rowsDone = now.rowsDone;
    await pause(lookAgainMs);
  }
  throw new Error('The rows of a file ended before all were accounted for');
}

/** Deals with the rows that nobody has dealt with or is at, several batches at a time, until it is the turn of others. */
async function passOver(
  work: ImportWork,
  context: TenantContext,
  state: ImportState,
  { tenantCurrency, doBatch }: { tenantCurrency: string; doBatch: typeof bookBatch },
): Promise<Worked> {
  const { database, inTurn = (batch) => batch() } = work;
  const { id, format } = state;
  if (!format) throw new Error('A file must be recognised before its rows are read');
  const { done, earlier, claims } = await database.withTenant(
    context,
    async (session) => ({
      done: await listBatches(session, context, id, state.stage),
      earlier: await findEarlierReadings(session, context, id),
      claims: await findClaimSpace(session, context, state),
    }),
    { readOnly: true },
  );
  const batchSize = work.batchSize ?? batchSizeDefault;
  const reading = { format, tenantCurrency, today: dayOf(state), batchSize, claims, earlier };
  const begun = performance.now();
  let readingMs: number | undefined;
  let worked: Worked = 'ended';
  const batches = untilTurnIsOver(
    readBatches(openStored(work, context, id), reading, done),
    async () => (await work.isOthersTurn?.(readingMs ?? 0)) ?? false,
    () => {
      worked = 'left';
    },
  );
  await runAhead(batches, work.atOnce ?? atOnceDefault, async (batch) => {
    if (work.isStopping?.()) throw new Error('The process is stopping; another one goes on');
    readingMs ??= performance.now() - begun;
    return () => inTurn(() => doBatch(work, context, state, batch, reading)).catch(passIfDone);
  });
  return worked;
}

/**
 * Another worker may end the stage, and forget which batches were taken, while a batch is being taken here that it has
 * dealt with. That shows by its rows, which have their fate already, or by the stage, which is over; so it is where somebody
 * lets go of a preview. What becomes of the import is looked at next.
 */
function passIfDone(error: unknown): void {
  if (error instanceof StageOver) return;
  const { constraint } = Object(error) as { constraint?: unknown };
  if (sqlStateOf(error) !== '23505' || constraint !== 'import_rows_pkey') throw error;
}

/** All rows have their fate: whoever sees so first says so. */
const endBooking = (work: ImportWork, context: TenantContext, importId: string): Promise<ImportState> =>
  work.database.withTenant(context, async (session) => {
    const { state, tenantCurrency } = await lockImport(session, context, importId);
    if (state.status !== 'processing') return state;
    if (state.rowsDone < state.rowsTotal) throw new Error('The rows of a file ended before all were accounted for');
    const exceeded = await findExceeded(session, context, state);
    if (exceeded.length > 0)
      await storeSurvey(session, context, importId, { ...emptySurvey(tenantCurrency), exceeded });
    return completeImport(session, context, state, work.clock);
  });

/** What failed for good: it would come again however often it is tried. */
function finalFailure(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof UnclosedQuote) return { code: 'file_unreadable', message: 'The lines of the file are too long' };
  if (error instanceof UnreadableFile) return { code: error.code, message: error.message };
  if (error instanceof UnreadableStatement) return { code: 'file_unreadable', message: error.message };
  // What the parser let through and no table takes; no second attempt would end otherwise.
  if (/^(?:22|54)|^23514$/.test(sqlStateOf(error) ?? '')) {
    return { code: 'rows_unbookable', message: 'The file has a row that the books do not take' };
  }
  const finalKinds = ['invalid', 'forbidden', 'not_found', 'precondition_failed'];
  // What a row refers to was deleted just then; the next attempt makes it anew.
  if (error instanceof DomainError && error.details.some(({ code }) => code === 'not_found')) return undefined;
  if (!(error instanceof DomainError) || !finalKinds.includes(error.kind)) return undefined;
  // Not the error itself: its message is lost where it is spread.
  return { code: error.code, message: error.message };
}
