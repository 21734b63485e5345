import pg from 'pg';
import type { Server } from './find-servers.ts';

/** PostgreSQL for tests. */
export async function findPostgres(): Promise<Server> {
  const fromEnvironment = process.env.TEST_DATABASE_URL ?? process.env.DATABASE_URL;
  if (fromEnvironment !== undefined) {
    await check(fromEnvironment);
    return { url: fromEnvironment, origin: `${shown(fromEnvironment)} (DATABASE_URL)`, stop: async () => {} };
  }
  const usual = 'postgres://postgres@127.0.0.1:5432/postgres';
  await check(usual);
  return { url: usual, origin: `${shown(usual)} (usual port)`, stop: async () => {} };
}

async function check(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  await client.end();
}

function shown(url: string): string {
  return new URL(url).host;
}
