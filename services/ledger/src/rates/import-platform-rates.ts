import {
  type CallerContext,
  type Clock,
  type Database,
  idempotencyKeyReused,
  type Logger,
  newId,
  type Session,
} from '@outlay/platform';
import { type EcbFile, parseEcb } from './ecb/parse-ecb.ts';
import {
  addSpreadJob,
  findImportByKey,
  insertRateImport,
  lockPlatformRates,
  type RateImport,
  writePlatformRates,
} from './platform-rate-store.ts';

/** What importing rates takes. */
export interface PlatformRateWork {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** Whether background jobs can be added yet; what waits for one is found without it a minute later. */
  isReady: () => boolean;
}

/** A file of rates, and the SHA-256 of its bytes once they have been read. */
export interface RateFile {
  chunks: AsyncIterable<Uint8Array>;
  hash: () => Buffer;
}

/** Rates in one statement. */
const batchSize = 10_000;

/**
 * Takes in a file of the European Central Bank's reference rates for all tenants: rates that are new are added, one
 * that differs from what is known becomes a newer revision, all others are left as they are, so that the same
 * file again adds nothing. One transaction: all of the file or nothing. What was booked at a rate that is in force no more
 * is restated in the background, tenant by tenant. Once per idempotency key and person.
 *
 * Throws invalid on `file` what parseEcb throws, invalid `idempotency_key_reused`, unavailable while another import goes on.
 */
export async function importPlatformRates(
  work: PlatformRateWork,
  context: CallerContext,
  file: RateFile,
): Promise<{ rateImport: RateImport; replayed: boolean }> {
  const today = work.clock().toISOString().slice(0, 10);
  const { rates, skippedCurrencies, skippedCount } = await parseEcb(file.chunks, today);
  const hash = file.hash();
  const done = await work.database.withGlobal(async (session) => {
    await lockPlatformRates(session);
    const first = await findImportByKey(session, context);
    if (first !== undefined) {
      if (!first.fileHash.equals(hash)) throw idempotencyKeyReused();
      return { rateImport: first, replayed: true };
    }
    return {
      rateImport: await write(work, session, context, { rates, skippedCurrencies, skippedCount, hash }),
      replayed: false,
    };
  });
  const { id, added, corrected, unchanged } = done.rateImport;
  work.logger.info({ import_id: id, added, corrected, unchanged, replayed: done.replayed }, 'exchange rates imported');
  return done;
}

async function write(
  work: PlatformRateWork,
  session: Session,
  context: CallerContext,
  file: EcbFile & { hash: Buffer },
): Promise<RateImport> {
  const importId = newId();
  const counts = { added: 0, corrected: 0, unchanged: 0 };
  const changed: string[] = [];
  for (let start = 0; start < file.rates.length; start += batchSize) {
    const outcome = await writePlatformRates(session, importId, file.rates.slice(start, start + batchSize));
    counts.added += outcome.added;
    counts.corrected += outcome.corrected;
    counts.unchanged += outcome.unchanged;
    changed.push(...[outcome.changedFrom, outcome.changedTo].filter((day) => day !== undefined));
  }
  const made = await insertRateImport(session, context, {
    ...counts,
    id: importId,
    fileHash: file.hash,
    skippedCurrencies: file.skippedCurrencies,
    skippedCount: file.skippedCount,
    dates: boundsOf(file.rates.map(({ date }) => date)),
    changed: boundsOf(changed),
  });
  if (made.changed !== undefined && work.isReady()) await addSpreadJob(session, importId);
  return made;
}

function boundsOf(days: readonly string[]): { from: string; to: string } | undefined {
  let [from, to] = [days[0], days[0]];
  for (const day of days) {
    if (from === undefined || day < from) from = day;
    if (to === undefined || day > to) to = day;
  }
  return from === undefined || to === undefined ? undefined : { from, to };
}
