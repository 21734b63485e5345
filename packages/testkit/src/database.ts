import { createHmac, randomBytes } from 'node:crypto';
import pg from 'pg';
import { testVariable } from './test-environment.ts';
import { testResourceName } from './test-resource-name.ts';

export type TestDatabase = {
  name: string;
  /** Connects as the server's administrator: for assertions that no service could make. */
  adminUrl: string;
  /** Connects as the login role of one service, e.g. `urlFor('tenancy_billing')`. */
  urlFor: (schema: string) => string;
  /** Connects as the role of the embedded bus. */
  busUrl: string;
  drop: () => Promise<void>;
};

/** A database of its own with every schema migrated, cloned from the run's template in some 100 ms. `drop` closes what is still connected. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = testVariable('TEST_DATABASE_URL');
  const name = testResourceName(randomBytes(4).toString('hex'));
  await administer(serverUrl, `create database ${name} template ${testVariable('TEST_DATABASE_TEMPLATE')}`);
  const urlFor = (schema: string) => loginUrl(serverUrl, name, `outlay_${schema}`);
  return {
    name,
    adminUrl: databaseUrl(serverUrl, name),
    urlFor,
    busUrl: urlFor('bus'),
    drop: () => administer(serverUrl, `drop database if exists ${name} with (force)`),
  };
}

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one statement as the administrator on a connection of its own. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'outlay-testkit' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function loginUrl(serverUrl: string, name: string, role: string): string {
  const url = new URL(databaseUrl(serverUrl, name));
  url.username = role;
  url.password = createHmac('sha256', process.env.DATABASE_ROLE_SECRET ?? 'outlay-local')
    .update(role)
    .digest('hex');
  return url.href;
}
