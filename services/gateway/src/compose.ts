import { setTimeout } from 'node:timers/promises';
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
import { connectInBackground, createRedis } from '@outlay/platform/redis';
import type { GatewayConfig } from './config.ts';
import { createApp } from './create-app.ts';
import { createAdmission } from './http/admission.ts';
import { createArrivals } from './http/arrivals.ts';
import { createDepartures } from './http/departures.ts';
import { createHttpServer } from './http/http-server.ts';
import { createTenants } from './http/select-tenant.ts';
import { createLimits } from './limits.ts';
import { closeServices, createServices, type Services } from './services.ts';
import { createApiKeyTokens } from './sessions/api-key-tokens.ts';
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
  const limits = createLimits(config.quotas, redis);
  const arrivals = createAllArrivals(config);
  const departures = createDepartures({
    total: config.exportsMax,
    ofParty: config.tenantExportsMax,
    ofPerson: config.personExportsMax,
  });
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
    apiKeys: createApiKeyTokens({ identity: services.identityAsGateway, clock }),
    closeSession(sessionId) {
      revoked.add(sessionId);
      if (redis) announceRevokedSession(redis, sessionId, logger);
    },
    tenants: createTenants(services, config.baseDomain),
    limits,
    admission: createAdmission({
      inFlightMax: config.inFlightMax,
      concurrency: config.tenantConcurrency,
      queueMax: config.tenantQueueMax,
      travelling: () => arrivals.bodies.count() + arrivals.uploads.count() + departures.count(),
    }),
    arrivals,
    uploadPace: { stallMs: config.uploadStallMs, bytesPerSecond: bytesPerSecondMin },
    departures,
    departurePace: { stallMs: config.exportStallMs, bytesPerSecond: bytesPerSecondMin },
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
    connectionsMax: config.connectionsMax,
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
  lifecycle.add('rate limits', { stop: () => Promise.all(Object.values(limits).map((limit) => limit.stop())) });
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
    async stop() {
      isStopping = true;
      ops.setReady(false);
      http.announceClose();
      // Who sends requests here has to notice first; until then they are answered.
      await setTimeout(config.drainDelayMs);
      http.announceClose();
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

/** Less than any line that files are sent over; whoever needs longer holds room that others want. */
const bytesPerSecondMin = 16 * 1_024;

/**
 * Bodies of JSON: as many of a tenant as it may have worked on and waiting, and of one person a quarter, so that it takes
 * several to keep their colleagues out. Files have their own bounds.
 */
function createAllArrivals(config: GatewayConfig) {
  const ofParty = config.tenantConcurrency + config.tenantQueueMax;
  const ofPerson = Math.max(8, Math.ceil(ofParty / 4));
  return {
    bodies: createArrivals('body', { total: config.inFlightMax, ofParty, ofPerson }),
    uploads: createArrivals('upload', {
      total: config.uploadsMax,
      ofParty: config.tenantUploadsMax,
      ofPerson: config.personUploadsMax,
    }),
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
