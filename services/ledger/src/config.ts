import { ConfigError, readServiceConfig, type ServiceConfig } from '@outlay/platform';

/** What the ledger needs besides what every service may read. */
export type Config = ServiceConfig & { databaseUrl: string; serviceClientSecret: string };

/** Reads the environment; throws ConfigError that names every variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const config = readServiceConfig(env, { grpcPort: 50_053, opsPort: 9_103 });
  const { databaseUrl, serviceClientSecret } = config;
  const problems = [
    ...(databaseUrl ? [] : ['DATABASE_URL: is required']),
    ...(serviceClientSecret ? [] : ['SERVICE_CLIENT_SECRET: is required']),
    ...(config.amqpUrl || config.busDatabaseUrl ? [] : ['AMQP_URL: is required, or BUS_DATABASE_URL']),
  ];
  if (!databaseUrl || !serviceClientSecret || problems.length > 0) throw new ConfigError(problems);
  return { ...config, databaseUrl, serviceClientSecret };
}
