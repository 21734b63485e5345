import { createDatabase, createSilentLogger, type Database, systemContext, toTenantId } from '@outlay/platform';
import { createTestDatabase, newTenant, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { enqueueEvents } from '../../src/outbox/enqueue-events.ts';
import { categoryCreated } from './events.ts';

export const logger = createSilentLogger();

/** A database with all schemas, seen as the ledger (which publishes) or as any other service. */
export interface DatabaseFixture {
  readonly server: TestDatabase;
  readonly ledger: Database;
  connectAs(schema: string, poolMax?: number): Database;
  /** Runs a statement as the administrator. */
  admin<R extends object>(statement: string, values?: unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export async function startDatabase(): Promise<DatabaseFixture> {
  const server = await createTestDatabase();
  const admin = new pg.Client({ connectionString: server.adminUrl });
  // Some tests end every connection to this database.
  admin.on('error', () => undefined);
  await admin.connect();
  const databases: Database[] = [];
  const connectAs = (schema: string, poolMax = 10) => {
    const database = createDatabase({ url: server.urlFor(schema), applicationName: `test ${schema}`, poolMax, logger });
    databases.push(database);
    return database;
  };
  return {
    server,
    ledger: connectAs('ledger'),
    connectAs,
    async admin<R extends object>(statement: string, values: unknown[] = []) {
      return (await admin.query<R>(statement, values)).rows;
    },
    async close() {
      await Promise.all(databases.map((database) => database.close()));
      await admin.end();
      await server.drop();
    },
  };
}

/** Writes versions of an aggregate as commands would: one transaction for each. */
export async function writeVersions(
  database: Database,
  aggregate: { tenantId: string; subject: string },
  versions: readonly number[],
): Promise<void> {
  const tenantId = toTenantId(aggregate.tenantId);
  for (const version of versions) {
    await database.withTenant({ tenantId }, (session) =>
      enqueueEvents(session, systemContext(tenantId), [categoryCreated(tenantId, aggregate.subject, version)]),
    );
  }
}

export function anAggregate(): { tenantId: string; subject: string } {
  const { tenantId, ownerId } = newTenant();
  return { tenantId, subject: ownerId };
}
