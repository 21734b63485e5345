import { ConfigError, loadConfig, readAll, readServiceConfig, type ServiceConfig } from '@outlay/platform';
import { z } from 'zod';

/** What identity needs besides what every service reads. */
export interface Config extends ServiceConfig {
  databaseUrl: string;
  /** The secret that services prove themselves with to get a token. */
  serviceClientSecret: string;
  /** What identity's own secrets are sealed with at rest, newest first. */
  encryptionKeys: [string, ...string[]];
  /** How old a signing key grows before another takes its place. */
  signingKeyDays: number;
  /** People who may be registered from one network in an hour; 0 does not limit. */
  registrationsPerHour: number;
  /** Made at start where it does not exist yet. */
  platformAdmin: { email: string; password: string } | undefined;
}

const encryptionKeys = z
  .string({ error: 'is required: 32 or more random characters, such as of openssl rand -hex 32' })
  .transform((text) => text.split(',').map((key) => key.trim()))
  .refine((keys) => keys.every((key) => key.length >= 32), 'each key must have at least 32 characters')
  .transform((keys) => keys as [string, ...string[]]);

const ownVariables = z.object({
  IDENTITY_ENCRYPTION_KEY: encryptionKeys,
  SIGNING_KEY_DAYS: z.coerce.number().int().min(1).max(365).default(30),
  REGISTRATIONS_PER_HOUR: z.coerce.number().int().min(0).default(30),
  PLATFORM_ADMIN_EMAIL: z.email().optional(),
  PLATFORM_ADMIN_PASSWORD: z.string().min(8, 'must have at least 8 characters').max(128).optional(),
});

/** Reads the environment; throws ConfigError that names every variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const needs = ['databaseUrl', 'serviceClientSecret', 'bus'] as const;
  const [config, own] = readAll(
    () => readServiceConfig(env, { grpcPort: 50_051, opsPort: 9_101, needs }),
    () => loadConfig(ownVariables, env),
  );
  const { PLATFORM_ADMIN_EMAIL: email, PLATFORM_ADMIN_PASSWORD: password } = own;
  if (Boolean(email) !== Boolean(password)) {
    throw new ConfigError(['PLATFORM_ADMIN_EMAIL, PLATFORM_ADMIN_PASSWORD: must both be set, or neither']);
  }
  const platformAdmin = email && password ? { email, password } : undefined;
  return {
    ...config,
    platformAdmin,
    encryptionKeys: own.IDENTITY_ENCRYPTION_KEY,
    registrationsPerHour: own.REGISTRATIONS_PER_HOUR,
    signingKeyDays: own.SIGNING_KEY_DAYS,
  };
}
