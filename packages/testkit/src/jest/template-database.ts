import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { administer, databaseUrl } from '../database.ts';
import { migratePlatform, migrationDirectories, schemas } from '../host/migrate-platform.ts';
import { repositoryRoot } from '../host/repository.ts';
import { isStaleTestResource, testResourceName } from '../test-resource-name.ts';

const templatePrefix = 'outlay_template_';
const staleAfterMs = 2 * 60 * 60 * 1000;
const lockKey = 7_306_085;

/**
 * The name of a database with every schema migrated, made once for each state of the migrations and kept for the next run.
 * A lock on the server lets one of several test runs make it while the others wait.
 */
export async function ensureTemplateDatabase(serverUrl: string): Promise<string> {
  const name = templatePrefix + (await migrationsHash());
  const client = new pg.Client({ connectionString: serverUrl, application_name: 'outlay-testkit' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    await dropStaleDatabases(client, name);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await makeTemplate(serverUrl, name);
    await client.query(`comment on database ${name} is '${new Date().toISOString()}'`);
  } finally {
    await client.end();
  }
  return name;
}

/** Migrates under another name first, so that a run that dies half-way leaves no template that looks finished. */
async function makeTemplate(serverUrl: string, name: string): Promise<void> {
  const draft = testResourceName(randomBytes(4).toString('hex'));
  await administer(serverUrl, `create database ${draft} template template0`);
  await migratePlatform(databaseUrl(serverUrl, draft));
  await administer(serverUrl, `alter database ${draft} rename to ${name}`);
  await administer(serverUrl, `alter database ${name} with is_template true allow_connections false`);
}

async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256').update(String(existsSync(join(repositoryRoot, 'packages/platform/src/index.ts'))));
  const provisioning = ['packages/platform/src/database', 'packages/platform/src/jobs'];
  const directories = new Set([
    ...schemas.flatMap(migrationDirectories),
    ...provisioning.map((directory) => join(repositoryRoot, directory)).filter(existsSync),
  ]);
  for (const directory of [...directories].sort()) {
    for (const file of (await readdir(directory)).sort()) {
      if (!/\.sql$|provision|migrat/.test(file) || file.endsWith('.spec.ts')) continue;
      hash.update(`${file}\n`).update(await readFile(join(directory, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** What earlier runs left behind: clones by the age in their name, templates by the day of their last use. */
async function dropStaleDatabases(client: pg.Client, current: string): Promise<void> {
  const { rows } = await client.query<{ name: string; used: string | null }>(
    `select datname as name, shobj_description(oid, 'pg_database') as used from pg_database where datname like 'outlay\\_t%'`,
  );
  for (const { name, used } of rows) {
    const unused = used === null || Date.now() - Date.parse(used) > staleAfterMs;
    const staleTemplate = name.startsWith(templatePrefix) && name !== current && unused;
    if (!staleTemplate && !isStaleTestResource(name)) continue;
    if (staleTemplate) await client.query(`alter database ${name} with is_template false`);
    await client.query(`drop database if exists ${name} with (force)`);
  }
}
