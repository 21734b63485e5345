import { migrateJobs, provisionDatabase, serviceRole } from '@outlay/platform';
import pg from 'pg';

/** The schema of the embedded bus; its role is `outlay_bus`. */
export const busSchema = 'bus';

/**
 * Makes the role and the schema that the embedded bus needs, with what graphile-worker has in it; the bus itself adds the
 * rest when it starts. Idempotent. `adminUrl` names a role that may create roles.
 */
export async function provisionBus(adminUrl: string): Promise<void> {
  await provisionDatabase(adminUrl, [busSchema]);
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'outlay-setup' });
  await client.connect();
  try {
    // graphile-worker migrates its schema itself, for which it must own it.
    await client.query(`alter schema ${busSchema} owner to ${serviceRole(busSchema)}`);
  } finally {
    await client.end();
  }
  await migrateJobs(adminUrl, { owner: busSchema, schema: busSchema });
}
