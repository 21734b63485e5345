import pg from 'pg';

/** A connection of the administrator, for set-up work. */
export interface AdminConnection {
  client: pg.Client;
  query<R>(text: string): Promise<R[]>;
}

/** Any fixed number; every process that sets up this database takes the same lock. */
const lockId = 7_105_118_971;

/** Connects, waits for the database's set-up lock, runs work, disconnects (which releases the lock whatever happened). */
export async function withAdminLock<T>(
  adminUrl: string,
  work: (connection: AdminConnection) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: 'outlay-setup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // Without a listener, losing the connection between two statements would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`set client_min_messages = warning; select pg_advisory_lock(${lockId})`);
    return await work({
      client,
      query: async <R>(text: string) => (await client.query(text)).rows as R[],
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
