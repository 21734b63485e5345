import type { CallerContext, Session } from '@outlay/platform';
import { jobsSchema } from '../imports/import-store.ts';
import type { EuroRate } from './ecb/parse-ecb.ts';

/** The task that tells tenants of an import of rates. */
export const spreadTask = 'spread_platform_rates';

/** What an import of the platform's rates has brought. */
export interface RateImport {
  id: string;
  recordedAt: Date;
  fileHash: Buffer;
  requestId: string;
  added: number;
  corrected: number;
  unchanged: number;
  /** By name the first of those that were skipped. */
  skippedCurrencies: readonly string[];
  skippedCount: number;
  /** The days that the file has rates of, and those of which something is new; undefined where there are none. */
  dates: { from: string; to: string } | undefined;
  changed: { from: string; to: string } | undefined;
}

/** Who publishes the platform's rates. */
const provider = 'ECB';

/** Lets one import at a time write the platform's rates, until the session's transaction ends. */
export async function lockPlatformRates(session: Session): Promise<void> {
  await session.query("select pg_advisory_xact_lock(hashtextextended('outlay platform rates', 0))");
}

/** Adds rates that are new or differ, as revisions; at most some ten thousand at once. The caller holds the lock. */
export async function writePlatformRates(
  session: Session,
  importId: string,
  rates: readonly EuroRate[],
): Promise<{ added: number; corrected: number; unchanged: number; changedFrom?: string; changedTo?: string }> {
  const { rows } = await session.query<{
    added: bigint;
    corrected: bigint;
    unchanged: bigint;
    changed_from: string | null;
    changed_to: string | null;
  }>(writeStatement, [
    rates.map((rate) => rate.date),
    rates.map((rate) => rate.currency),
    rates.map((rate) => rate.rate),
    provider,
    importId,
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error('The statement answered no row');
  return {
    ...{ added: Number(row.added), corrected: Number(row.corrected), unchanged: Number(row.unchanged) },
    ...(row.changed_from !== null && row.changed_to !== null
      ? { changedFrom: row.changed_from, changedTo: row.changed_to }
      : {}),
  };
}

// Compared as numbers: 1.1 is the same as 1.10.
const writeStatement = {
  name: 'write_platform_rates',
  text: `
with compared as materialized (
  select given.rate_date, given.currency, given.rate, latest.revision, latest.rate as known_rate
  from unnest($1::date[], $2::bpchar[], $3::numeric[]) as given (rate_date, currency, rate)
  left join lateral (
    select known.revision, known.rate from platform_rates as known
    where known.rate_date = given.rate_date and known.currency = given.currency
    order by known.revision desc
    limit 1
  ) as latest on true
), written as (
  insert into platform_rates (rate_date, currency, revision, rate, provider, import_id)
  select compared.rate_date, compared.currency, coalesce(compared.revision, 0) + 1, compared.rate, $4, $5::uuid
  from compared
  where compared.rate is distinct from compared.known_rate
)
select count(*) filter (where compared.known_rate is null) as added,
  count(*) filter (where compared.known_rate <> compared.rate) as corrected,
  count(*) filter (where compared.known_rate = compared.rate) as unchanged,
  min(compared.rate_date) filter (where compared.rate is distinct from compared.known_rate) as changed_from,
  max(compared.rate_date) filter (where compared.rate is distinct from compared.known_rate) as changed_to
from compared`,
};

/** Writes an import down; where it changed nothing, nobody has to be told. Answers it as it is stored. */
export async function insertRateImport(
  session: Session,
  context: CallerContext,
  made: Omit<RateImport, 'recordedAt' | 'requestId'>,
): Promise<RateImport> {
  const { rows } = await session.query<ImportRow>(
    {
      name: 'insert_rate_import',
      text: `
insert into platform_rate_imports (
  id, actor_kind, actor_id, request_id, idempotency_key, file_hash, added, corrected, unchanged, skipped_currencies,
  date_from, date_to, changed_from, changed_to, skipped_count, spread_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, case when $13::date is null then now() end)
returning ${columns}`,
    },
    [
      ...[
        made.id,
        context.actor.kind,
        context.actor.id,
        context.requestId,
        context.idempotencyKey ?? null,
        made.fileHash,
      ],
      ...[made.added, made.corrected, made.unchanged, made.skippedCurrencies],
      ...[made.dates?.from ?? null, made.dates?.to ?? null, made.changed?.from ?? null, made.changed?.to ?? null],
      made.skippedCount,
    ],
  );
  if (rows[0] === undefined) throw new Error('An import of rates was not stored');
  return toRateImport(rows[0]);
}

/** The import that the same person made under the same key before. */
export async function findImportByKey(session: Session, context: CallerContext): Promise<RateImport | undefined> {
  if (context.idempotencyKey === undefined) return undefined;
  const { rows } = await session.query<ImportRow>(
    {
      name: 'find_rate_import_by_key',
      text: `
select ${columns} from platform_rate_imports
where platform_rate_imports.actor_id = $1 and platform_rate_imports.idempotency_key = $2`,
    },
    [context.actor.id, context.idempotencyKey],
  );
  return rows[0] && toRateImport(rows[0]);
}

/** One import of which not all tenants have been told yet. */
export async function findToSpread(session: Session, id: string): Promise<RateImport | undefined> {
  const { rows } = await session.query<ImportRow>(
    {
      name: 'find_rate_import_to_spread',
      text: `
select ${columns} from platform_rate_imports
where platform_rate_imports.id = $1 and platform_rate_imports.spread_at is null`,
    },
    [id],
  );
  return rows[0] && toRateImport(rows[0]);
}

/** Imports that tenants should have been told of by now and have not. */
export async function findUnspread(session: Session, waitingMs: number): Promise<string[]> {
  const { rows } = await session.query<{ id: string }>(
    {
      name: 'find_unspread_rate_imports',
      text: `
select platform_rate_imports.id from platform_rate_imports
where platform_rate_imports.spread_at is null
  and platform_rate_imports.recorded_at < now() - $1 * interval '1 millisecond'
order by platform_rate_imports.recorded_at limit 100`,
    },
    [waitingMs],
  );
  return rows.map((row) => row.id);
}

/** Writes down that all tenants have been told. */
export async function markSpread(session: Session, id: string): Promise<void> {
  await session.query(
    {
      name: 'mark_rate_import_spread',
      text: 'update platform_rate_imports set spread_at = now() where platform_rate_imports.id = $1',
    },
    [id],
  );
}

/** Has tenants told of an import if the session's transaction commits; of one import at a time, and of each once. */
export async function addSpreadJob(session: Session, importId: string): Promise<void> {
  await session.query(
    {
      name: 'add_spread_job',
      text: `
select from ${jobsSchema}.add_job(
  '${spreadTask}', $1::json, job_key => $2, queue_name => '${spreadTask}', max_attempts => 25
)`,
    },
    [JSON.stringify({ import_id: importId }), `spread ${importId}`],
  );
}

const columns = `platform_rate_imports.id, platform_rate_imports.recorded_at, platform_rate_imports.file_hash,
  platform_rate_imports.request_id, platform_rate_imports.added, platform_rate_imports.corrected,
  platform_rate_imports.unchanged, platform_rate_imports.skipped_currencies, platform_rate_imports.skipped_count, platform_rate_imports.date_from,
  platform_rate_imports.date_to, platform_rate_imports.changed_from, platform_rate_imports.changed_to`;

interface ImportRow {
  id: string;
  recorded_at: Date;
  file_hash: Buffer;
  request_id: string;
  added: number;
  corrected: number;
  unchanged: number;
  skipped_currencies: string[];
  skipped_count: number;
  date_from: string | null;
  date_to: string | null;
  changed_from: string | null;
  changed_to: string | null;
}

const toRateImport = (row: ImportRow): RateImport => ({
  ...{ id: row.id, recordedAt: row.recorded_at, fileHash: row.file_hash, requestId: row.request_id },
  ...{ added: row.added, corrected: row.corrected, unchanged: row.unchanged },
  skippedCurrencies: row.skipped_currencies,
  skippedCount: row.skipped_count,
  dates: bounds(row.date_from, row.date_to),
  changed: bounds(row.changed_from, row.changed_to),
});

const bounds = (from: string | null, to: string | null) => (from === null || to === null ? undefined : { from, to });
