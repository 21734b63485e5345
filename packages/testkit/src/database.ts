import { randomBytes } from 'node:crypto';
import { serviceUrl } from '@outlay/platform';
import pg from 'pg';
import { busSchema } from './host/migrate-platform.ts';
import { testVariable } from './test-environment.ts';
import { testResourceName } from './test-resource-name.ts';

/** A migrated database of a test, and the URLs by which each role reaches it. */
export type TestDatabase = {
  name: string;
  /** Connects as the server's administrator: for assertions that no service could make. */
  adminUrl: string;
  /** Connects as the login role of one service, e.g. `urlFor('tenancy_billing')`. */
  urlFor: (schema: string) => string;
  /** Connects as the role of the embedded bus. */
  busUrl: string;
  /** Asks as the administrator, past every policy, on a connection of its own. */
  query: <R = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<R[]>;
  drop: () => Promise<void>;
};

/** A database of its own with every schema migrated, cloned from the run's template in some 100 ms. `drop` closes what is still connected. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = testVariable('TEST_DATABASE_URL');
  const template = testVariable('TEST_DATABASE_TEMPLATE');
  const name = testResourceName(randomBytes(4).toString('hex'));
  await administer(serverUrl, `create database ${name} template ${template}`, copyRoleSettings(template, name));
  const adminUrl = databaseUrl(serverUrl, name);
  const urlFor = (schema: string) => serviceUrl(adminUrl, schema);
  return {
    name,
    adminUrl,
    urlFor,
    busUrl: urlFor(busSchema),
    query: (text, values) => connected(adminUrl, async (client) => (await client.query(text, values)).rows),
    drop: () => administer(serverUrl, `drop database if exists ${name} with (force)`),
  };
}

/** What a role is set to in a database (its search_path) belongs to the server and is not cloned with the database. */
const copyRoleSettings = (template: string, name: string) => `
  do $$
  declare
    setting record;
  begin
    for setting in
      select pg_get_userbyid(role_setting.setrole) as role, split_part(item, '=', 1) as variable,
        substr(item, strpos(item, '=') + 1) as value
      from pg_db_role_setting as role_setting
      join pg_database as database on database.oid = role_setting.setdatabase
      cross join unnest(role_setting.setconfig) as item
      where database.datname = '${template}' and role_setting.setrole <> 0
    loop
      execute format('alter role %I in database ${name} set %I = %s', setting.role, setting.variable, setting.value);
    end loop;
  end
  $$`;

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs statements one after the other as the administrator, on a connection of its own. */
export async function administer(url: string, ...statements: string[]): Promise<void> {
  await connected(url, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'outlay-testkit' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
