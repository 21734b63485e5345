import { runMigrations } from 'graphile-worker';
import type pg from 'pg';
import type { WorkerLogger } from './worker-logger.ts';

/** Any fixed number; all processes that install the bus in one database take the same lock. */
const lockId = 7_105_118_972;

/**
 * Brings the schema `bus` up to date: graphile-worker's part by its own migrations, and the table for parked messages.
 * graphile-worker would begin with `create schema if not exists`, which a role without that right on the database may
 * not say even when the schema exists; it does not when it finds its table of migrations.
 */
export async function installSchema(pool: pg.Pool, logger: WorkerLogger): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lockId]);
    await client.query(`
      create table if not exists bus.migrations (
        id int primary key,
        ts timestamptz not null default now(),
        breaking boolean not null default false
      );
      create table if not exists bus.parked_messages (
        id bigint generated always as identity,
        queue text not null,
        body json not null,
        error text not null,
        attempts int not null,
        parked_at timestamptz not null default clock_timestamp(),
        primary key (queue, id)
      )`);
    await runMigrations({ pgPool: pool, schema: 'bus', logger });
  } finally {
    // Ends the session, and the lock with it, whatever happened.
    client.release(true);
  }
}
