import { ConfigError, loadConfig, readServiceConfig, type ServiceConfig } from '@outlay/platform';
import { z } from 'zod';

/** What identity needs besides what every service reads. */
export interface Config extends ServiceConfig {
  databaseUrl: string;
  /** The secret that services prove themselves with to get a token. */
  serviceClientSecret: string;
  /** Made at start where it does not exist yet. */
  platformAdmin: { email: string; password: string } | undefined;
}

const ownVariables = z.object({
  PLATFORM_ADMIN_EMAIL: z.email().optional(),
  PLATFORM_ADMIN_PASSWORD: z.string().min(8, 'must have at least 8 characters').max(128).optional(),
});

/** Reads the environment; throws ConfigError that names every variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const config = readServiceConfig(env, { grpcPort: 50_051, opsPort: 9_101 });
  const { PLATFORM_ADMIN_EMAIL: email, PLATFORM_ADMIN_PASSWORD: password } = loadConfig(ownVariables, env);
  const { databaseUrl, serviceClientSecret } = config;
  const problems = [
    ...(databaseUrl ? [] : ['DATABASE_URL: is required']),
    ...(serviceClientSecret ? [] : ['SERVICE_CLIENT_SECRET: is required']),
    ...(config.amqpUrl || config.busDatabaseUrl ? [] : ['AMQP_URL: is required, or BUS_DATABASE_URL']),
    ...(Boolean(email) === Boolean(password) ? [] : ['PLATFORM_ADMIN_EMAIL: needs PLATFORM_ADMIN_PASSWORD beside it']),
  ];
  if (!databaseUrl || !serviceClientSecret || problems.length > 0) throw new ConfigError(problems);
  const platformAdmin = email && password ? { email, password } : undefined;
  return { ...config, databaseUrl, serviceClientSecret, platformAdmin };
}
