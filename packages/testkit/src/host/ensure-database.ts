import pg from 'pg';

/** Makes the database where it does not exist, and answers its URL. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  const url = withDatabase(serverUrl, name);
  if (await canConnect(url)) return url;
  const client = new pg.Client({
    connectionString: withDatabase(serverUrl, 'postgres'),
    connectionTimeoutMillis: 15_000,
  });
  await client.connect();
  try {
    await client.query(`create database ${pg.escapeIdentifier(name)} template template0 encoding 'UTF8'`);
  } finally {
    await client.end();
  }
  return url;
}

/** Whether the platform has run on it before: at its first start identity makes a key to sign tokens with. */
export async function isInUse(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 15_000 });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select where has_table_privilege(to_regclass('identity.signing_keys'), 'select')`,
    );
    if (rows.length === 0) return false;
    const keys = await client.query('select from identity.signing_keys limit 1');
    return keys.rows.length > 0;
  } finally {
    await client.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** False when the server says that there is no such database (3D000); any other failure is thrown. */
async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '3D000') return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}
