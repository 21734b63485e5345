import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database, Session } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import type { Bus } from '../../src/bus/bus.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { type DatabaseFixture, logger, startDatabase } from './database-fixture.ts';

/** A node of what `explain (analyze, format json)` says. */
interface Plan {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: Plan[];
}

const batchMax = 500;
const inOutbox = 20_000;

let fixture: DatabaseFixture;
beforeAll(async () => {
  fixture = await startDatabase();
});
afterAll(() => fixture.close());

describe.each(['an empty outbox', 'a full one'] as const)('with statistics of %s', (statistics) => {
  // The ledger's connections make a sort the last resort.
  it.each(['on', 'off'])('a batch of a full outbox costs what is in it: enable_sort = %s', async (sort) => {
    await fill(statistics);
    const looked: number[] = [];
    const relay = createRelay({
      database: explaining(fixture.ledger, sort, (plan) => looked.push(rowsLookedAt(plan))),
      bus: takingAll,
      logger,
      pollMs: 60_000,
      batchMax,
    });

    await relay.start();
    await eventually(async () => expect(looked.length).toBeGreaterThan(10));
    await relay.stop();

    expect(Math.max(...looked)).toBeLessThanOrEqual(20 * batchMax);
  });
});

const takingAll: Pick<Bus, 'publish' | 'waitingFor'> = {
  waitingFor: async () => 0,
  publish: async (envelopes) => envelopes.map(() => ({ kind: 'taken' })),
};

/** One tenant's import in front of what a few others did, which the planner knows of or does not. */
async function fill(statistics: 'an empty outbox' | 'a full one'): Promise<void> {
  await fixture.admin('truncate ledger.outbox');
  const insert = (events: number, publishedAt: Date | null) =>
    fixture.admin(
      `insert into ledger.outbox (tenant_id, id, type, subject, aggregate_version, envelope, published_at)
       select $1, gen_random_uuid(), 'test', row::text, 1, json_build_object('subject', row::text, 'aggregateversion', 1), $3
       from generate_series(1, $2::int) as row`,
      [randomUUID(), events, publishedAt],
    );
  await insert(1_000, new Date());
  if (statistics === 'an empty outbox') await fixture.admin('vacuum analyze ledger.outbox');
  await insert(inOutbox, null);
  for (let count = 0; count < 5; count++) await insert(1, null);
  if (statistics === 'a full one') await fixture.admin('vacuum analyze ledger.outbox');
}

/** Tells how each statement that takes or marks events is run, as the service's own connections plan it. */
function explaining(database: Database, sort: string, tell: (plan: Plan) => void): Database {
  return {
    ...database,
    withSystem: (work, options) =>
      database.withSystem(async (session) => {
        const query: Session['query'] = async (statement, values) => {
          const text = typeof statement === 'string' ? statement : statement.text;
          if (/skip locked|set published_at/.test(text)) tell(await explain(session, sort, text, values ?? []));
          return session.query(statement, values);
        };
        return work(Object.create(session, { query: { value: query } }));
      }, options),
  };
}

async function explain(session: Session, sort: string, text: string, values: readonly unknown[]): Promise<Plan> {
  await session.query(`savepoint before_it; set local enable_sort = ${sort}; prepare looked_at as ${text}`);
  const given = values.map((value) => pg.escapeLiteral(textOf(value)));
  const { rows } = await session.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `explain (analyze, format json) execute looked_at${given.length > 0 ? `(${given.join()})` : ''}`,
  );
  await session.query('deallocate looked_at; rollback to savepoint before_it');
  return rows[0]!['QUERY PLAN'][0].Plan;
}

/** As PostgreSQL reads it. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `{${value.join()}}`;
  return value instanceof Date ? value.toISOString() : String(value);
}

/** How many rows its nodes gave or threw away. */
function rowsLookedAt(plan: Plan): number {
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Join Filter'] ?? 0);
  const own = (plan['Actual Rows'] + removed) * plan['Actual Loops'];
  return (plan.Plans ?? []).reduce((sum, part) => sum + rowsLookedAt(part), own);
}
