import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  createDatabase,
  createSilentLogger,
  type Database,
  type DatabaseOptions,
  migrateSchema,
  newId,
  platformMigrations,
  provisionDatabase,
  serviceUrl,
  systemContext,
  type TenantContext,
  toTenantId,
} from '../../src/index.ts';

const fixtureMigrations = fileURLToPath(new URL('../fixtures/notes', import.meta.url));

export interface PlatformDatabase {
  adminUrl: string;
  /** The login URL of a schema's service. */
  urlFor(schema: string): string;
  /** A pool of the schema `ledger`, closed with the database. */
  open<P = undefined>(options?: Partial<DatabaseOptions<P>>): Database<P>;
  /** One statement as the administrator. */
  admin<R = Record<string, unknown>>(text: string, values?: unknown[]): Promise<R[]>;
  drop(): Promise<void>;
}

/** An empty database on the test server. */
export async function createEmptyDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const serverUrl = process.env.TEST_DATABASE_URL ?? '';
  // In the form by which the test kit finds and drops what a run that died has left behind.
  const seconds = Math.floor(Date.now() / 1000).toString(36);
  const name = `outlay_test_${seconds}_${process.pid}_${randomBytes(6).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await run(serverUrl, `create database ${name}`);
  return {
    url: url.href,
    drop: async () => void (await run(serverUrl, `drop database if exists ${name} with (force)`)),
  };
}

/** A database with the schemas `ledger` and `identity`, each with the platform's tables and the notes of the fixture. */
export async function createPlatformDatabase(): Promise<PlatformDatabase> {
  const { url: adminUrl, drop } = await createEmptyDatabase();
  const schemas = ['ledger', 'identity'];
  try {
    await provisionDatabase(adminUrl, schemas);
    for (const schema of schemas) {
      await migrateSchema(adminUrl, { schema, directories: [platformMigrations, fixtureMigrations] });
    }
  } catch (error) {
    await drop();
    throw error;
  }
  const opened: Database<unknown>[] = [];
  const urlFor = (schema: string) => serviceUrl(adminUrl, schema);
  return {
    adminUrl,
    urlFor,
    open(options) {
      const database = createDatabase({
        url: urlFor('ledger'),
        applicationName: 'platform test',
        logger: createSilentLogger(),
        ...options,
      });
      opened.push(database);
      return database;
    },
    admin: (text, values) => run(adminUrl, text, values),
    async drop() {
      await Promise.all(opened.map((database) => database.close()));
      await drop();
    },
  };
}

/** A context of a tenant of its own. */
export function newTenantContext(more: Partial<TenantContext> = {}): TenantContext {
  return { ...systemContext(toTenantId(newId())), ...more };
}

async function run<R>(url: string, text: string, values?: unknown[]): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as R[];
  } finally {
    await client.end();
  }
}
