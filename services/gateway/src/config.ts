import { loadConfig, readServiceConfig, type ServiceConfig } from '@outlay/platform';
import { z } from 'zod';

/** What the gateway reads from its environment, beside what every service reads. */
export interface GatewayConfig extends ServiceConfig {
  port: number;
  /** Tenants are reached at `<subdomain>.<baseDomain>` too. */
  baseDomain: string;
  corsOrigins: readonly string[];
  /** How many proxies stand in front, or which; decides whose address a request counts for. */
  trustProxy: number | string | false;
  /** Requests a caller may make in a minute; 0 does not limit. */
  rateLimitPerMinute: number;
  /** Holds each answer against its schema before it leaves. */
  validateResponses: boolean;
  deadlineMs: number;
  inFlightMax: number;
}

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  );

const origin = /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/;

const variables = z.object({
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  BASE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/, 'must be a lower-case host name without a port')
    .default('localhost'),
  CORS_ORIGINS: list.refine((origins) => origins.every((item) => origin.test(item)), {
    message: 'must be a comma-separated list of origins such as https://app.example.com',
  }),
  TRUST_PROXY: z.string().default('0'),
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(600_000),
  VALIDATE_RESPONSES: z.enum(['true', 'false']).optional(),
  REQUEST_DEADLINE_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  IN_FLIGHT_MAX: z.coerce.number().int().min(1).default(1_000),
});

/** Reads the environment; throws ConfigError that names every bad variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const shared = readServiceConfig(env, { grpcPort: 0, opsPort: 9100 });
  const own = loadConfig(variables, env);
  return {
    ...shared,
    port: own.GATEWAY_PORT,
    baseDomain: own.BASE_DOMAIN,
    corsOrigins: own.CORS_ORIGINS,
    trustProxy: readTrustProxy(own.TRUST_PROXY),
    rateLimitPerMinute: own.RATE_LIMIT_PER_MINUTE,
    validateResponses: own.VALIDATE_RESPONSES ? own.VALIDATE_RESPONSES === 'true' : shared.environment !== 'production',
    deadlineMs: own.REQUEST_DEADLINE_MS,
    inFlightMax: own.IN_FLIGHT_MAX,
  };
}

/** A number of proxies, or their addresses and networks (`10.0.0.0/8, loopback`). */
function readTrustProxy(text: string): GatewayConfig['trustProxy'] {
  if (/^\d+$/.test(text)) return Number(text) || false;
  return text;
}
