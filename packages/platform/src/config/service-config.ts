import { z } from 'zod';
import { ConfigError, loadConfig } from './load-config.ts';
import { readTlsFiles, type TlsFiles, tlsProblems, tlsVariables } from './tls-files.ts';

/** What every service process reads from its environment. Addresses are host:port, or several as gRPC writes them: `ipv4:10.0.0.1:50053,10.0.0.2:50053`. */
export interface ServiceConfig {
  environment: 'development' | 'test' | 'production';
  host: string;
  grpcPort: number;
  opsPort: number;
  databaseUrl: string | undefined;
  /** Connections that requests share, in each process; undefined = the service's own figure. */
  databasePoolMax: number | undefined;
  amqpUrl: string | undefined;
  busDatabaseUrl: string | undefined;
  redisUrl: string | undefined;
  identityAddress: string;
  tenancyBillingAddress: string;
  ledgerAddress: string;
  notificationsAddress: string;
  reportingAddress: string;
  /** Mutual TLS between services, for createGrpcServer and createGrpcClient; undefined = plain. */
  grpcTls: TlsFiles | undefined;
  serviceClientSecret: string | undefined;
  tokenIssuer: string;
  tokenAudience: string;
  logLevel: LogLevel;
  shutdownTimeoutMs: number;
}

/** pino's levels. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const port = z.coerce.number().int().min(0).max(65_535);
const address = z
  .string()
  .regex(
    /^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$|^ipv4:\d+(?:\.\d+){3}:\d{1,5}(?:,\d+(?:\.\d+){3}:\d{1,5})*$/,
    'must be host:port, or ipv4: and several of them with commas in between',
  );
const url = (...protocols: string[]) =>
  z
    .string()
    .refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}://`)) && URL.canParse(value), {
      message: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    });

/**
 * The schema of the shared variables, keyed by variable name. A service adds its own with
 * `serviceVariables({...}).extend({...})` and loadConfig, or reads just these with readServiceConfig.
 */
export function serviceVariables(defaults: { grpcPort: number; opsPort: number }) {
  return z.object({
    NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
    HOST: z.string().default('127.0.0.1'),
    GRPC_PORT: port.default(defaults.grpcPort),
    OPS_PORT: port.default(defaults.opsPort),
    DATABASE_URL: url('postgres', 'postgresql').optional(),
    DATABASE_POOL_MAX: z.coerce.number().int().min(2).max(200).optional(),
    AMQP_URL: url('amqp', 'amqps').optional(),
    BUS_DATABASE_URL: url('postgres', 'postgresql').optional(),
    REDIS_URL: url('redis', 'rediss').optional(),
    IDENTITY_ADDRESS: address.default('127.0.0.1:50051'),
    TENANCY_BILLING_ADDRESS: address.default('127.0.0.1:50052'),
    LEDGER_ADDRESS: address.default('127.0.0.1:50053'),
    NOTIFICATIONS_ADDRESS: address.default('127.0.0.1:50054'),
    REPORTING_ADDRESS: address.default('127.0.0.1:50055'),
    ...tlsVariables,
    SERVICE_CLIENT_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
    TOKEN_ISSUER: z.string().default('https://outlay.local'),
    TOKEN_AUDIENCE: z.string().default('outlay'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    SHUTDOWN_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(15_000),
  });
}

/** What a service may be unable to do without; `bus` is AMQP_URL or BUS_DATABASE_URL. */
type Need = 'databaseUrl' | 'serviceClientSecret' | 'bus';

/**
 * Reads the shared variables, and the files they name; throws ConfigError that names every one that is wrong, or is
 * missing and needed.
 */
export function readServiceConfig<N extends Need = never>(
  env: NodeJS.ProcessEnv,
  service: { grpcPort: number; opsPort: number; needs?: readonly N[] },
): ServiceConfig & Record<Exclude<N, 'bus'>, string> {
  const read = loadConfig(serviceVariables(service), env);
  const needs: readonly Need[] = service.needs ?? [];
  const isMissing: Record<Need, boolean> = {
    databaseUrl: read.DATABASE_URL === undefined,
    serviceClientSecret: read.SERVICE_CLIENT_SECRET === undefined,
    bus: (read.AMQP_URL ?? read.BUS_DATABASE_URL) === undefined,
  };
  const problems = [
    ...tlsProblems(read),
    ...sharedNameProblems(read),
    ...needs.filter((need) => isMissing[need]).map((need) => missing[need]),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return toServiceConfig(read) as ServiceConfig & Record<Exclude<N, 'bus'>, string>;
}

/** A certificate is held against the first of several addresses, so that the others would never be called. */
function sharedNameProblems(read: Readonly<Record<string, unknown>>): string[] {
  if (read.GRPC_TLS_CA_FILE === undefined) return [];
  return Object.entries(read)
    .filter(([name, value]) => name.endsWith('_ADDRESS') && String(value).includes(','))
    .map(([name]) => `${name}: must be one name with mutual TLS, which may stand for several addresses`);
}

const missing: Record<Need, string> = {
  databaseUrl: 'DATABASE_URL: is required',
  serviceClientSecret: 'SERVICE_CLIENT_SECRET: is required',
  bus: 'AMQP_URL: is required, or BUS_DATABASE_URL',
};

function toServiceConfig(read: z.output<ReturnType<typeof serviceVariables>>): ServiceConfig {
  return {
    environment: read.NODE_ENV,
    host: read.HOST,
    grpcPort: read.GRPC_PORT,
    opsPort: read.OPS_PORT,
    databaseUrl: read.DATABASE_URL,
    databasePoolMax: read.DATABASE_POOL_MAX,
    amqpUrl: read.AMQP_URL,
    busDatabaseUrl: read.BUS_DATABASE_URL,
    redisUrl: read.REDIS_URL,
    identityAddress: read.IDENTITY_ADDRESS,
    tenancyBillingAddress: read.TENANCY_BILLING_ADDRESS,
    ledgerAddress: read.LEDGER_ADDRESS,
    notificationsAddress: read.NOTIFICATIONS_ADDRESS,
    reportingAddress: read.REPORTING_ADDRESS,
    grpcTls: readTlsFiles(read),
    serviceClientSecret: read.SERVICE_CLIENT_SECRET,
    tokenIssuer: read.TOKEN_ISSUER,
    tokenAudience: read.TOKEN_AUDIENCE,
    logLevel: read.LOG_LEVEL,
    shutdownTimeoutMs: read.SHUTDOWN_TIMEOUT_MS,
  };
}
