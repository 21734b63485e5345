import { readServiceConfig, type ServiceConfig } from '@outlay/platform';

/** What the ledger needs besides what every service may read. */
export type Config = ServiceConfig & { databaseUrl: string; serviceClientSecret: string };

/** Reads the environment; throws ConfigError that names every variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const needs = ['databaseUrl', 'serviceClientSecret', 'bus'] as const;
  return readServiceConfig(env, { grpcPort: 50_053, opsPort: 9_103, needs });
}
