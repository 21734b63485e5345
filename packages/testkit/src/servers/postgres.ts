import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../free-port.ts';
import { startLocalPostgres } from '../host/local-postgres.ts';
import { embeddedBinaries, installedBinaries, type PostgresBinaries } from '../host/postgres-binaries.ts';
import { startContainer } from './container.ts';
import { installPackage } from './distribution-package.ts';
import type { Server } from './find-servers.ts';
import { firstThatWorks, mayUseRunning } from './first-that-works.ts';
import { withPrivateDirectory } from './private-directory.ts';

const usual = 'postgres://postgres:postgres@127.0.0.1:5432/postgres';

/** How many connections a test worker may need: a whole platform with the bus on PostgreSQL, and what looks at it. */
const connectionsPerWorker = 60;

/**
 * PostgreSQL for tests: one that is given, one that runs, one that is installed, the embedded one, a container, the
 * distribution's package. One that merely runs is passed over when `workers` at once might run out of its connections.
 */
export async function findPostgres(report: (line: string) => void, workers: number): Promise<Server> {
  const connections = workers * connectionsPerWorker;
  const given = process.env.TEST_DATABASE_URL ?? process.env.DATABASE_URL;
  if (given) return running(given, { origin: `${new URL(given).host} (DATABASE_URL)` });
  const ownServer = (binaries: PostgresBinaries | undefined) => startOwn(binaries, connections);
  return firstThatWorks<Server>(
    'PostgreSQL 15 or newer',
    [
      {
        name: 'running on the usual port',
        find: async () =>
          mayUseRunning() ? running(usual, { origin: '127.0.0.1:5432 (running there)', connections }) : undefined,
      },
      { name: 'installed', find: async () => ownServer(installedBinaries()) },
      { name: 'embedded', find: async () => ownServer(embeddedBinaries()) },
      { name: 'Docker', find: () => containerServer(connections) },
      {
        name: 'package of the distribution',
        find: async () => ((await installPackage('postgresql', report)) ? ownServer(installedBinaries()) : undefined),
      },
    ],
    {
      report,
      advice: 'Install PostgreSQL 15 or newer, or set DATABASE_URL to one where you may create roles and databases.',
    },
  );
}

async function running(
  url: string,
  { origin, connections = 0 }: { origin: string; connections?: number },
): Promise<Server> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 15_000,
    application_name: 'outlay-testkit',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query(
      `select role.rolsuper or (role.rolcreaterole and role.rolcreatedb) as may_create,
         current_setting('server_version_num')::int >= 150000 as new_enough,
         current_setting('max_connections')::int as connections
       from pg_roles as role where role.rolname = current_user`,
    );
    if (!rows[0].new_enough) throw new Error('it is older than version 15');
    if (!rows[0].may_create) throw new Error(`${client.user} may not create roles and databases there`);
    if (rows[0].connections < connections) {
      throw new Error(`it takes ${rows[0].connections} connections, and ${connections} may be needed at once`);
    }
  } finally {
    await client.end().catch(() => {});
  }
  return { url, origin, stop: async () => {} };
}

async function startOwn(binaries: PostgresBinaries | undefined, connections: number): Promise<Server | undefined> {
  if (binaries === undefined) return undefined;
  const port = await freePort();
  return withPrivateDirectory('postgres', async (directory) => {
    const { url, stop } = await startLocalPostgres({
      binaries,
      dataDirectory: join(directory, 'data'),
      logFile: join(directory, 'postgres.log'),
      port,
      durable: false,
      connections,
    });
    return { url, origin: `127.0.0.1:${port} (${binaries.origin}, started for this run)`, stop };
  });
}

async function containerServer(connections: number): Promise<Server | undefined> {
  const container = await startContainer('postgres:17-alpine', {
    ports: [5432],
    environment: { POSTGRES_PASSWORD: 'postgres' },
    command: ['postgres', '-c', `max_connections=${connections}`],
    readyLog: /database system is ready to accept connections/,
    times: 2,
  });
  if (container === undefined) return undefined;
  const place = `${container.host}:${container.port(5432)}`;
  return {
    url: `postgres://postgres:postgres@${place}/postgres`,
    origin: `${place} (container)`,
    stop: container.stop,
  };
}
