import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { provisionBus } from '@outlay/messaging';
import { migrateJobs, migrateSchema, provisionDatabase } from '@outlay/platform';
import { repositoryRoot } from './repository.ts';
import { services } from './services.ts';

/** The schemas of the services. */
export const schemas: string[] = services.flatMap((service) => service.schema ?? []);

/** The schema of the bus that takes RabbitMQ's place where no AMQP_URL is set. */
export const busSchema = 'bus';

/** The folders with a schema's migrations, in the order they are run. */
export function migrationDirectories(schema: string): string[] {
  const service = services.find((entry) => entry.schema === schema);
  return ['packages/platform/migrations', 'packages/messaging/migrations', `services/${service?.name}/migrations`]
    .map((directory) => join(repositoryRoot, directory))
    .filter((directory) => existsSync(directory));
}

/** Makes roles and schemas and brings every schema up to date, in the database that `adminUrl` names. Safe to repeat and to run twice at once. */
export async function migratePlatform(adminUrl: string): Promise<void> {
  await provisionDatabase(adminUrl, schemas);
  await provisionBus(adminUrl);
  for (const schema of schemas) {
    await migrateSchema(adminUrl, { schema, directories: migrationDirectories(schema) });
    await migrateJobs(adminUrl, { owner: schema, schema: `${schema}_jobs` });
  }
}
