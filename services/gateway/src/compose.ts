import {
  type Clock,
  createLifecycle,
  createLogger,
  createOpsServer,
  createTokenVerifier,
  type JsonWebKeySet,
  keysOf,
  type Logger,
  systemClock,
  unavailable,
} from '@outlay/platform';
import type { GatewayConfig } from './config.ts';
import { createApp } from './create-app.ts';
import { createHttpServer } from './http/http-server.ts';
import { createTenants } from './http/select-tenant.ts';
import { createLimits } from './limits.ts';
import { connectInBackground, createRedis } from './redis.ts';
import { closeServices, createServices, type Services } from './services.ts';
import { createRevokedSessions } from './sessions/revoked-sessions.ts';
import { announceRevokedSession, listenForRevokedSessions } from './sessions/session-messages.ts';

/** The running gateway. */
export interface Service {
  start(): Promise<{ httpPort: number; opsPort: number }>;
  stop(): Promise<void>;
}

/** What tests put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  loadKeys?: () => Promise<JsonWebKeySet>;
}

/** Puts the gateway together. Nothing is opened before start; a neighbour that is away then only makes it not ready. */
export function compose(config: GatewayConfig, overrides: Overrides = {}): Service {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger({ service: 'gateway', level: config.logLevel });
  const lifecycle = createLifecycle(logger);
  const services = createServices(config, logger);
  const loadKeys = overrides.loadKeys ?? keysOf(services.identity);
  const revoked = createRevokedSessions({ identity: services.identityAsGateway, logger, clock });
  const redis = config.redisUrl ? createRedis(config.redisUrl, logger) : undefined;
  const subscriber = config.redisUrl ? createRedis(config.redisUrl, logger) : undefined;
  const rateLimit = createLimits(config.rateLimitPerMinute, redis);
  let isStopping = false;

  const checks = {
    ...pings(services),
    revoked_sessions: async () => {
      if (!revoked.isLoaded()) throw unavailable('unavailable', 'Closed sessions are not known yet');
    },
  };
  const app = createApp(config, {
    services,
    verifier: createTokenVerifier({ issuer: config.tokenIssuer, audience: config.tokenAudience, loadKeys, clock }),
    revoked,
    closeSession(sessionId) {
      revoked.add(sessionId);
      if (redis) announceRevokedSession(redis, sessionId, logger);
    },
    tenants: createTenants(services, config.baseDomain),
    rateLimit,
    validateResponses: config.validateResponses,
    logger,
    checks,
    isStopping: () => isStopping,
    loadKeys,
  });
  const http = createHttpServer({
    host: config.host,
    port: config.port,
    listener: app,
    drainTimeoutMs: config.shutdownTimeoutMs / 2,
  });
  const ops = createOpsServer({ host: config.host, port: config.opsPort, checks, logger });
  let ports = { httpPort: 0, opsPort: 0 };

  lifecycle.add('services', { stop: () => closeServices(services) });
  lifecycle.add('redis', {
    start() {
      if (subscriber) listenForRevokedSessions({ subscriber, revoked, logger });
      for (const connection of [redis, subscriber]) if (connection) connectInBackground(connection);
    },
    stop() {
      redis?.disconnect();
      subscriber?.disconnect();
    },
  });
  lifecycle.add('revoked sessions', revoked);
  lifecycle.add('rate limit', { stop: () => rateLimit?.stop() });
  lifecycle.add('ops', {
    start: async () => {
      ports = { ...ports, opsPort: await ops.start() };
    },
    stop: () => ops.stop(),
  });
  lifecycle.add('http', {
    start: async () => {
      ports = { ...ports, httpPort: await http.start() };
    },
    stop: () => http.stop(),
  });
  lifecycle.add('readiness', {
    stop() {
      isStopping = true;
      ops.setReady(false);
    },
  });

  return {
    async start() {
      await lifecycle.start();
      logger.info({ http_port: ports.httpPort, ops_port: ports.opsPort }, 'gateway listens');
      return ports;
    },
    stop: () => lifecycle.stop(),
  };
}

/** Each service by the name it is deployed under. */
function pings(services: Services) {
  return {
    identity: () => services.identity.ping(),
    'tenancy-billing': () => services.tenancy.ping(),
    ledger: () => services.ledger.ping(),
    notifications: () => services.notifications.ping(),
    reporting: () => services.reporting.ping(),
  };
}
