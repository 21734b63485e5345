import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrateSchema, platformMigrations, provisionDatabase, serviceUrl } from '../src/index.ts';
import { createEmptyDatabase } from './support/database.ts';

const notes = fileURLToPath(new URL('fixtures/notes', import.meta.url));
const databases: Awaited<ReturnType<typeof createEmptyDatabase>>[] = [];

beforeAll(async () => {
  for (let count = 0; count < 4; count++) databases.push(await createEmptyDatabase());
});
afterAll(async () => {
  for (const database of databases) await database.drop();
});

async function tables(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(`
    select class.oid::regclass::text as name from pg_class as class
    where class.relnamespace = 'ledger'::regnamespace and class.relkind in ('r', 'p') and not class.relispartition
    order by name`);
  await client.end();
  return rows.map(({ name }) => name);
}

describe('setting up a database', () => {
  it('can be done by several processes at once, on several databases of one server, and again', async () => {
    const setUp = async (url: string) => {
      await provisionDatabase(url, ['ledger', 'identity']);
      return migrateSchema(url, { schema: 'ledger', directories: [platformMigrations, notes] });
    };
    const urls = databases.slice(0, 3).flatMap(({ url }) => [url, url, url]);
    const ran = await Promise.all(urls.map(setUp));
    expect(ran.filter((names) => names.length > 0)).toHaveLength(3);
    for (const url of urls.slice(0, 1)) expect(await setUp(url)).toEqual([]);
  });

  it('lets a service log in as its own role, in its own schema', async () => {
    const client = new pg.Client({ connectionString: serviceUrl(databases[0]!.url, 'ledger') });
    await client.connect();
    const { rows } = await client.query('select current_user as role, current_schema() as schema');
    await client.end();
    expect(rows).toEqual([{ role: 'outlay_ledger', schema: 'ledger' }]);
  });

  it('goes down as it came up, and up again', async () => {
    const { url } = databases[3]!;
    await provisionDatabase(url, ['ledger']);
    const target = { schema: 'ledger', directories: [platformMigrations, notes] };
    const up = await migrateSchema(url, target);
    const before = await tables(url);
    expect(await migrateSchema(url, { ...target, direction: 'down' })).toEqual(up.toReversed());
    expect(await tables(url)).toEqual([]);
    await migrateSchema(url, target);
    expect(await tables(url)).toEqual(before);
  });

  it('refuses a schema name that could be more than a name', async () => {
    await expect(provisionDatabase(databases[0]!.url, ['x"; drop schema ledger; --'])).rejects.toThrow(RangeError);
  });

  it('leaves nothing behind of a migration that fails', async () => {
    const { url } = databases[0]!;
    const before = await tables(url);
    const broken = fileURLToPath(new URL('fixtures/broken', import.meta.url));
    await expect(migrateSchema(url, { schema: 'ledger', directories: [broken] })).rejects.toThrow();
    expect(await tables(url)).toEqual(before);
  });
});
