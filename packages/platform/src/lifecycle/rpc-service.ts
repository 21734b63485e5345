import type { ServiceConfig } from '../config/service-config.ts';
import { type Clock, systemClock } from '../context/clock.ts';
import { createGrpcServer } from '../grpc/grpc-server.ts';
import type { BoundService } from '../grpc/service-definition.ts';
import type { TenantShare } from '../grpc/tenant-turns.ts';
import type { Logger } from '../operations/logger.ts';
import { createOpsServer } from '../operations/ops-server.ts';
import type { JsonWebKeySet } from '../tokens/key-set.ts';
import { createTokenVerifier } from '../tokens/token-verifier.ts';
import { type Component, createLifecycle } from './lifecycle.ts';
import { createReadiness } from './readiness.ts';

/** A composed service that answers RPCs. */
export interface RpcService {
  /** Resolves when it listens; it is ready once its dependencies are. */
  start(): Promise<{ grpcPort: number; opsPort: number }>;
  /** Not ready first, then no more calls, then its parts in reverse. */
  stop(): Promise<void>;
}

/** What a service that answers RPCs is put together from. */
export interface RpcServiceOptions {
  config: Pick<ServiceConfig, 'host' | 'grpcPort' | 'opsPort' | 'grpcTls' | 'tokenIssuer' | 'tokenAudience'>;
  services: readonly BoundService[];
  /** What one tenant may have done at once; all there is room for without. */
  tenantShare?: TenantShare;
  /** The keys that callers' tokens are verified with. */
  loadKeys: () => Promise<JsonWebKeySet>;
  /** What runs behind the RPCs, by name: started in this order before the first call is taken, stopped in reverse. */
  parts: Readonly<Record<string, Component>>;
  /** What has to be done once before the first call is answered, in this order, each until it has succeeded. */
  preparations: Readonly<Record<string, () => Promise<unknown>>>;
  /** What it cannot work without, by the name that /readyz tells while it fails. */
  checks: Readonly<Record<string, () => Promise<unknown>>>;
  clock?: Clock;
  logger: Logger;
}

/**
 * Puts a service together: its parts, its RPCs and its operations server. It starts while what it depends on is away, and
 * says that it serves (by the health protocol, and by /readyz) once all is prepared and while every check passes.
 */
export function createRpcService(options: RpcServiceOptions): RpcService {
  const { config, services, tenantShare, loadKeys, parts, preparations, checks, clock = systemClock, logger } = options;
  const { host, tokenIssuer: issuer, tokenAudience: audience, grpcTls: tls } = config;
  const verifier = createTokenVerifier({ issuer, audience, loadKeys, clock });
  const grpc = createGrpcServer({ host, port: config.grpcPort, tls, services, tenantShare, verifier, logger });
  grpc.setServing(false);
  const readiness = createReadiness({ preparations, checks, onChange: grpc.setServing, logger });
  const ops = createOpsServer({ host, port: config.opsPort, checks: readiness.checks, logger });
  const ports = { grpcPort: 0, opsPort: 0 };

  const lifecycle = createLifecycle(logger);
  for (const [name, part] of Object.entries(parts)) lifecycle.add(name, part);
  lifecycle.add('grpc', {
    start: async () => {
      ports.grpcPort = await grpc.start();
    },
    stop: grpc.stop,
  });
  lifecycle.add('ops', {
    start: async () => {
      ports.opsPort = await ops.start();
    },
    stop: ops.stop,
  });
  lifecycle.add('readiness', {
    start: readiness.start,
    stop: () => {
      ops.setReady(false);
      return readiness.stop?.();
    },
  });
  return {
    async start() {
      await lifecycle.start();
      return ports;
    },
    stop: lifecycle.stop,
  };
}
