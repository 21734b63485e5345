import { serviceUrl } from '../database/role-names.ts';
import { createSilentLogger } from '../operations/logger.ts';
import { createJobPool } from './job-pool.ts';
import { installJobSchema } from './job-schema.ts';

/**
 * Brings a schema of jobs up to date before any process works with it, as the role of the service that owns it. graphile-worker
 * tells of each of its migrations throughout the database, and workers of whichever schema that hear of one stop. Needs
 * provisionDatabase first; idempotent, and safe to run by several processes at once.
 */
export async function migrateJobs(
  adminUrl: string,
  { owner, schema }: { owner: string; schema: string },
): Promise<void> {
  const logger = createSilentLogger();
  const databaseUrl = serviceUrl(adminUrl, owner);
  const { pool, close } = createJobPool({ databaseUrl, applicationName: 'outlay-setup', max: 2, logger });
  try {
    await installJobSchema(pool, { schema, logger });
  } finally {
    await close();
  }
}
