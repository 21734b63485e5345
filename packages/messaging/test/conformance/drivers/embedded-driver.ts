import { createSilentLogger } from '@outlay/platform';
import { createTestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { createEmbeddedBus } from '../../../src/bus/embedded/embedded-bus.ts';
import { provisionBus } from '../../../src/bus/embedded/provision-bus.ts';
import type { BusDriver } from './bus-driver.ts';
import { startFaultProxy } from './fault-proxy.ts';

/** What can be done to the embedded bus besides. */
export interface EmbeddedDriver extends BusDriver {
  /** Runs a statement as the administrator. */
  admin(statement: string, values?: unknown[]): Promise<void>;
}

/** A database of its own as the bus. */
export async function startEmbeddedDriver(): Promise<EmbeddedDriver> {
  const database = await createTestDatabase();
  await provisionBus(database.adminUrl);
  const proxy = await startFaultProxy(database.busUrl);
  async function admin(statement: string, values: unknown[] = []): Promise<void> {
    const client = new pg.Client({ connectionString: database.adminUrl });
    await client.connect();
    await client.query(statement, values);
    await client.end();
  }
  return {
    proxy,
    createBus: (queues) =>
      createEmbeddedBus({ databaseUrl: proxy.url(database.busUrl), queues, logger: createSilentLogger() }),
    environment: { BUS_DATABASE_URL: database.busUrl },
    admin,
    killConnections: () =>
      admin(
        `select pg_terminate_backend(activity.pid) from pg_stat_activity as activity
         where activity.datname = current_database() and activity.usename = 'outlay_bus'`,
      ),
    clear: async () => undefined,
    async drop() {
      await proxy.close();
      await database.drop();
    },
  };
}
