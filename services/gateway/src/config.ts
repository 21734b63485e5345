import { ConfigError, loadConfig, readAll, readServiceConfig, type ServiceConfig } from '@outlay/platform';
import express from 'express';
import { z } from 'zod';
import type { ResponseCheck } from './http/check-answer.ts';
import type { Quotas } from './limits.ts';

/** What the gateway reads from its environment, beside what every service reads. */
export interface GatewayConfig extends ServiceConfig {
  port: number;
  /** Tenants are reached at `<subdomain>.<baseDomain>` too. */
  baseDomain: string;
  corsOrigins: readonly string[];
  /** How many proxies stand in front, or which; decides whose address a request counts for. */
  trustProxy: number | string | false;
  /** Requests in a minute, by what they are counted for; 0 does not limit. */
  quotas: Quotas;
  /** What becomes of an answer that is off its schema. */
  validateResponses: ResponseCheck;
  /** Whether operations for those who write clients are offered; never in production. */
  developerRoutes: boolean;
  deadlineMs: number;
  /** Requests worked on at once, of all callers. */
  inFlightMax: number;
  /** Requests worked on at once of one tenant, or of one address without a token. */
  tenantConcurrency: number;
  /** Further ones of it that may wait for their turn. */
  tenantQueueMax: number;
  /** Files that are sent at once: in all, of one tenant, of one person or API key. */
  uploadsMax: number;
  tenantUploadsMax: number;
  personUploadsMax: number;
  /** How long a file may stand still on its way in. */
  uploadStallMs: number;
  /** Answers in parts that are taken at once: in all, of one tenant, of one person or API key. */
  exportsMax: number;
  tenantExportsMax: number;
  personExportsMax: number;
  /** How long one may stand still on its way out. */
  exportStallMs: number;
  /** Open connections; one more is closed as it comes. */
  connectionsMax: number;
  /** How long it goes on listening after it has said that it is not ready, for those who send it requests to notice. */
  drainDelayMs: number;
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

const quota = (perMinute: number) => z.coerce.number().int().min(0).default(perMinute);

const origin = /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/;

/** Whether Express takes it: a number of proxies, or their addresses and networks (`10.0.0.0/8, loopback`). */
function isTrustProxy(text: string): boolean {
  try {
    express().set('trust proxy', text);
    return true;
  } catch {
    return false;
  }
}

const variables = z.object({
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  BASE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/, 'must be a lower-case host name without a port')
    .default('localhost'),
  CORS_ORIGINS: list.refine((origins) => origins.every((item) => origin.test(item)), {
    message: 'must be a comma-separated list of origins such as https://app.example.com',
  }),
  TRUST_PROXY: z
    .string()
    .default('0')
    .refine(isTrustProxy, 'must be a number of proxies, or their addresses and networks such as 10.0.0.0/8')
    .transform((text) => (/^\d+$/.test(text) ? Number(text) || false : text)),
  RATE_LIMIT_TENANT: quota(600_000),
  RATE_LIMIT_USER: quota(300_000),
  RATE_LIMIT_KEY: quota(300_000),
  RATE_LIMIT_ADDRESS: quota(120_000),
  RATE_LIMIT_REFUSED_KEYS: quota(60),
  VALIDATE_RESPONSES: z.enum(['strict', 'log', 'off']).optional(),
  DEVELOPER_ROUTES: z.enum(['true', 'false']).default('false'),
  REQUEST_DEADLINE_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  IN_FLIGHT_MAX: z.coerce.number().int().min(1).default(1_000),
  TENANT_CONCURRENCY: z.coerce.number().int().min(1).default(64),
  TENANT_QUEUE_MAX: z.coerce.number().int().min(0).default(256),
  UPLOADS_MAX: z.coerce.number().int().min(1).default(32),
  TENANT_UPLOADS_MAX: z.coerce.number().int().min(1).default(8),
  PERSON_UPLOADS_MAX: z.coerce.number().int().min(1).default(4),
  UPLOAD_STALL_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
  EXPORTS_MAX: z.coerce.number().int().min(1).default(32),
  TENANT_EXPORTS_MAX: z.coerce.number().int().min(1).default(4),
  PERSON_EXPORTS_MAX: z.coerce.number().int().min(1).default(2),
  EXPORT_STALL_MS: z.coerce.number().int().min(100).max(300_000).default(30_000),
  CONNECTIONS_MAX: z.coerce.number().int().min(1).default(10_000),
  DRAIN_DELAY_MS: z.coerce.number().int().min(0).max(60_000).optional(),
});

/** Reads the environment; throws ConfigError that names every bad variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const [shared, own] = readAll(
    () => readServiceConfig(env, { grpcPort: 0, opsPort: 9100 }),
    () => loadConfig(variables, env),
  );
  const isProduction = shared.environment === 'production';
  const drainDelayMs = own.DRAIN_DELAY_MS ?? Math.min(isProduction ? 5_000 : 50, shared.shutdownTimeoutMs / 3);
  if (drainDelayMs > shared.shutdownTimeoutMs / 3) {
    throw new ConfigError(['DRAIN_DELAY_MS: must be at most a third of SHUTDOWN_TIMEOUT_MS']);
  }
  const developerRoutes = own.DEVELOPER_ROUTES === 'true';
  if (developerRoutes && isProduction) throw new ConfigError(['DEVELOPER_ROUTES: must not be true in production']);
  return {
    ...shared,
    developerRoutes,
    port: own.GATEWAY_PORT,
    baseDomain: own.BASE_DOMAIN,
    corsOrigins: own.CORS_ORIGINS,
    trustProxy: own.TRUST_PROXY,
    quotas: {
      tenant: own.RATE_LIMIT_TENANT,
      user: own.RATE_LIMIT_USER,
      key: own.RATE_LIMIT_KEY,
      address: own.RATE_LIMIT_ADDRESS,
      refused_key: own.RATE_LIMIT_REFUSED_KEYS,
    },
    validateResponses: own.VALIDATE_RESPONSES ?? (isProduction ? 'log' : 'strict'),
    deadlineMs: own.REQUEST_DEADLINE_MS,
    inFlightMax: own.IN_FLIGHT_MAX,
    tenantConcurrency: own.TENANT_CONCURRENCY,
    tenantQueueMax: own.TENANT_QUEUE_MAX,
    uploadsMax: own.UPLOADS_MAX,
    tenantUploadsMax: own.TENANT_UPLOADS_MAX,
    personUploadsMax: own.PERSON_UPLOADS_MAX,
    uploadStallMs: own.UPLOAD_STALL_MS,
    exportsMax: own.EXPORTS_MAX,
    tenantExportsMax: own.TENANT_EXPORTS_MAX,
    personExportsMax: own.PERSON_EXPORTS_MAX,
    exportStallMs: own.EXPORT_STALL_MS,
    connectionsMax: own.CONNECTIONS_MAX,
    drainDelayMs,
  };
}
