import { createSilentLogger } from '@outlay/platform';
import { createTestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { createEmbeddedBus } from '../../../src/bus/embedded/embedded-bus.ts';
import { provisionBus } from '../../../src/bus/embedded/provision-bus.ts';
import type { BusDriver } from './bus-driver.ts';
import { startFaultProxy } from './fault-proxy.ts';

/** A database of its own as the bus. */
export async function startEmbeddedDriver(): Promise<BusDriver> {
  const database = await createTestDatabase();
  await provisionBus(database.adminUrl);
  const proxy = await startFaultProxy(database.busUrl);
  return {
    proxy,
    createBus: (queues) =>
      createEmbeddedBus({ databaseUrl: proxy.url(database.busUrl), queues, logger: createSilentLogger() }),
    environment: { BUS_DATABASE_URL: database.busUrl },
    async killConnections() {
      const client = new pg.Client({ connectionString: database.adminUrl });
      await client.connect();
      await client.query(
        `select pg_terminate_backend(activity.pid) from pg_stat_activity as activity
         where activity.datname = current_database() and activity.usename = 'outlay_bus'`,
      );
      await client.end();
    },
    clear: async () => undefined,
    async drop() {
      await proxy.close();
      await database.drop();
    },
  };
}
