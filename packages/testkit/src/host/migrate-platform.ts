import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';
import { services } from './services.ts';

/** The schemas of all services. */
export const schemas: string[] = services.flatMap((service) => service.schema ?? []);

/** The folders with a schema's migrations, in the order they are run. */
export function migrationDirectories(schema: string): string[] {
  const service = services.find((entry) => entry.schema === schema);
  return ['packages/platform/migrations', 'packages/messaging/migrations', `services/${service?.name}/migrations`]
    .map((directory) => join(repositoryRoot, directory))
    .filter((directory) => existsSync(directory));
}

/** Makes roles and schemas and brings every schema up to date, in the database that `adminUrl` names. Safe to repeat and to run twice at once. */
export async function migratePlatform(adminUrl: string, progress: (schema: string) => void = () => {}): Promise<void> {
  const platform = await import('@outlay/platform').catch(() => undefined);
  if (platform?.provisionDatabase === undefined) return;
  const { provisionDatabase, migrateSchema } = platform;
  await provisionDatabase(adminUrl, schemas);
  for (const schema of schemas) {
    progress(schema);
    await migrateSchema(adminUrl, { schema, directories: migrationDirectories(schema) });
  }
}
