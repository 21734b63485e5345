import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from '../operations/logger.ts';
import { toWorkerLogger } from './worker-logger.ts';

/**
 * Brings a schema of jobs up to date by graphile-worker's own migrations, and by `alongside`, statements that may be
 * repeated. The role must own the schema. Several processes may do it at once: one does it, the others wait.
 *
 * graphile-worker begins with `create schema if not exists`, which a role without that right on the database may not
 * say even when the schema exists; it does not when it finds its table of migrations.
 */
export async function installJobSchema(
  pool: pg.Pool,
  options: { schema: string; alongside?: string; logger: Logger },
): Promise<void> {
  const { schema, alongside = '', logger } = options;
  const client = await pool.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtextextended('outlay job schema ' || $1, 0))`, [schema]);
    await client.query(`
      create table if not exists ${pg.escapeIdentifier(schema)}.migrations (
        id int primary key,
        ts timestamptz not null default now(),
        breaking boolean not null default false
      );
      ${alongside}`);
    await runMigrations({ pgPool: pool, schema, logger: toWorkerLogger(logger) });
  } finally {
    // Ends the session, and the lock with it, whatever happened.
    client.release(true);
  }
}
