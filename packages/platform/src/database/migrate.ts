import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { withAdminLock } from './admin-lock.ts';
import { migrationsSchema, ownerRole } from './role-names.ts';

/** The migrations that every service's schema starts with. */
export const platformMigrations = fileURLToPath(new URL('../../migrations', import.meta.url));

/**
 * Brings one schema up to date: runs the SQL files of each directory in turn (`NNNN_name.sql` with the markers
 * `-- Up Migration` and `-- Down Migration`) as the owner role with that schema as the search path, so that the
 * SQL names no schema. Each directory keeps its own books and is one transaction. Answers the names of the
 * migrations that ran. With `down`, undoes the directories in reverse order instead; `most` says how many of each directory,
 * all unless set. Needs provisionDatabase first.
 */
export async function migrateSchema(
  adminUrl: string,
  target: { schema: string; directories: readonly string[]; direction?: 'up' | 'down'; most?: number },
): Promise<string[]> {
  const { schema, directories, direction = 'up', most = Number.POSITIVE_INFINITY } = target;
  return withAdminLock(adminUrl, async ({ client }) => {
    const names: string[] = [];
    await client.query(`set role ${ownerRole}`);
    for (const directory of direction === 'up' ? directories : directories.toReversed()) {
      const ran = await runner({
        dbClient: client,
        dir: directory,
        schema,
        migrationsSchema,
        migrationsTable: `${schema}_${directoryName(directory)}`,
        direction,
        count: most,
        checkOrder: true,
        noLock: true,
        logger: quiet,
      });
      names.push(...ran.map((migration) => `${directoryName(directory)}/${migration.name}`));
    }
    return names;
  });
}

/** `packages/messaging/migrations` is booked under `messaging`. */
function directoryName(directory: string): string {
  const name = basename(directory) === 'migrations' ? basename(dirname(directory)) : basename(directory);
  return name.replaceAll('-', '_');
}

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
