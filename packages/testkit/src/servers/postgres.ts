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

/** PostgreSQL for tests: one that is given, one that runs, one that is installed, the embedded one, a container, the distribution's package. */
export async function findPostgres(report: (line: string) => void): Promise<Server> {
  const given = process.env.TEST_DATABASE_URL ?? process.env.DATABASE_URL;
  if (given) return running(given, `${new URL(given).host} (DATABASE_URL)`);
  return firstThatWorks<Server>(
    'PostgreSQL 15 or newer',
    [
      {
        name: 'running on the usual port',
        find: async () => (mayUseRunning() ? running(usual, '127.0.0.1:5432 (running there)') : undefined),
      },
      { name: 'installed', find: async () => ownServer(installedBinaries()) },
      { name: 'embedded', find: async () => ownServer(embeddedBinaries()) },
      { name: 'Docker', find: containerServer },
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

async function running(url: string, origin: string): Promise<Server> {
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
         current_setting('server_version_num')::int >= 150000 as new_enough
       from pg_roles as role where role.rolname = current_user`,
    );
    if (!rows[0].new_enough) throw new Error('it is older than version 15');
    if (!rows[0].may_create) throw new Error(`${client.user} may not create roles and databases there`);
  } finally {
    await client.end().catch(() => {});
  }
  return { url, origin, stop: async () => {} };
}

async function ownServer(binaries: PostgresBinaries | undefined): Promise<Server | undefined> {
  if (binaries === undefined) return undefined;
  const port = await freePort();
  return withPrivateDirectory('postgres', async (directory) => {
    const { url, stop } = await startLocalPostgres({
      binaries,
      dataDirectory: join(directory, 'data'),
      logFile: join(directory, 'postgres.log'),
      port,
      durable: false,
    });
    return { url, origin: `127.0.0.1:${port} (${binaries.origin}, started for this run)`, stop };
  });
}

async function containerServer(): Promise<Server | undefined> {
  const container = await startContainer('postgres:17-alpine', {
    ports: [5432],
    environment: { POSTGRES_PASSWORD: 'postgres' },
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
