import pg from 'pg';
import { pause } from '../lifecycle/time.ts';
import type { Logger } from '../operations/logger.ts';
import { createOutageLog } from '../operations/outage-log.ts';

/**
 * graphile-worker gives the jobs of a worker that died to others after four hours. Here each pool of workers holds a
 * session lock for as long as it lives, on the connection it listens with, and every process looks regularly for jobs
 * whose owner holds none. A lock is gone the moment its process is.
 */
const lockKey = `hashtextextended('outlay jobs of ' || %, 0)`;

/** Takes the lock that shows that the pool of workers with this id is alive. */
export async function takeOwnerLock(client: pg.ClientBase, poolId: string): Promise<void> {
  await client.query(`select pg_advisory_lock(${lockKey.replace('%', '$1')})`, [poolId]);
}

/** A pool takes jobs a moment before it has its lock; jobs locked only just now are left alone. */
const freeOrphans = (schema: string) => ({
  name: `free_orphans_${schema}`,
  text: `
    with owner as materialized (
      select job.locked_by as id, count(*) as jobs
      from ${schema}.jobs as job
      where job.locked_by is not null
      group by job.locked_by
      having min(job.locked_at) < clock_timestamp() - interval '1 second'
    ),
    dead as materialized (
      select owner.id, owner.jobs
      from owner
      where pg_try_advisory_xact_lock(${lockKey.replace('%', 'owner.id')})
    ),
    freed as (
      select ${schema}.force_unlock_workers(array_agg(dead.id)), sum(dead.jobs) as jobs
      from dead
      having count(*) > 0
    )
    select freed.jobs::int as jobs, pg_notify('jobs:insert', json_build_object('count', freed.jobs)::text) from freed`,
});

const answerTimeoutMs = 5_000;
const failuresMax = 2;

/**
 * Frees the jobs of dead workers at once and then in the given interval, until stopped. `failed` resolves when it could
 * not twice in a row: the database is away, or gives no answer, which on a connection that is half open nobody else hears.
 */
export function freeOrphansRegularly(
  pool: pg.Pool,
  options: { schema: string; everyMs: number; logger: Logger },
): { readonly failed: Promise<unknown>; stop(): Promise<void> } {
  const { schema, everyMs, logger } = options;
  const statement = freeOrphans(pg.escapeIdentifier(schema));
  const outage = createOutageLog({
    logger,
    failing: 'could not look for jobs of workers that are gone',
    working: 'jobs of workers that are gone are looked for again',
  });
  const failed = Promise.withResolvers<unknown>();
  let failures = 0;
  let running: Promise<void> | undefined;
  async function free(): Promise<void> {
    try {
      const silence = pause(answerTimeoutMs).then((): never => {
        throw new Error('The database of the jobs does not answer');
      });
      const { rows } = await Promise.race([pool.query<{ jobs: number }>(statement), silence]);
      failures = 0;
      outage.worked();
      if (rows[0] !== undefined) logger.info({ jobs: rows[0].jobs }, 'took over the jobs of a worker that is gone');
    } catch (error) {
      outage.failed(error);
      failures += 1;
      if (failures === failuresMax) failed.resolve(error);
    }
    running = undefined;
  }
  running = free();
  const timer = setInterval(() => {
    running ??= free();
  }, everyMs);
  timer.unref();
  return {
    failed: failed.promise,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
