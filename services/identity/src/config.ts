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
  const config = readServiceConfig(env, {
    grpcPort: 50_051,
    opsPort: 9_101,
    needs: ['databaseUrl', 'serviceClientSecret', 'bus'],
  });
  const { PLATFORM_ADMIN_EMAIL: email, PLATFORM_ADMIN_PASSWORD: password } = loadConfig(ownVariables, env);
  if (Boolean(email) !== Boolean(password)) {
    throw new ConfigError(['PLATFORM_ADMIN_EMAIL, PLATFORM_ADMIN_PASSWORD: must both be set, or neither']);
  }
  const platformAdmin = email && password ? { email, password } : undefined;
  return { ...config, platformAdmin };
}
