import { Server, type UntypedHandleCall } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { TlsFiles } from '../config/tls-files.ts';
import type { Logger } from '../operations/logger.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';
import { answerCall, type CallEnvironment, withEncodedAnswers } from './answer-call.ts';
import { serverCredentials } from './credentials.ts';
import type { BoundService } from './service-definition.ts';
import { createTenantTurns, type TenantShare } from './tenant-turns.ts';

/** How a gRPC server is made. */
export interface GrpcServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  services: readonly BoundService[];
  /** Needed as soon as one RPC is not public. */
  verifier?: TokenVerifier;
  logger: Logger;
  /** RPCs worked on at once, 500 unless set; one more is refused with unavailable `overloaded`. */
  inFlightMax?: number;
  /** What one tenant may have of that; half of them may be waiting. All of it without. */
  tenantShare?: TenantShare;
  /** How long stop waits for RPCs in flight, in milliseconds; 10,000 unless set. */
  drainTimeoutMs?: number;
  /** Mutual TLS; plain HTTP/2 without. */
  tls?: TlsFiles;
}

/** A running or stopped gRPC server. */
export interface GrpcServer {
  /** Binds and serves; answers the port. */
  start(): Promise<number>;
  /** Says NOT_SERVING, takes no new RPCs, lets those in flight end, then cuts what is left. */
  stop(): Promise<void>;
  /** What the health protocol answers, for the server as a whole and for each of its services. */
  setServing(isServing: boolean): void;
}

/** Makes a server that answers the given services and the gRPC health protocol, which starts as SERVING. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { host, port, services, verifier, logger, inFlightMax = 500, drainTimeoutMs = 10_000 } = options;
  const { tenantShare } = options;
  const turns = tenantShare && createTenantTurns({ ...tenantShare, waitingMax: Math.ceil(inFlightMax / 2) });
  const environment: CallEnvironment = { verifier, logger, inFlightMax, inFlight: 0, turns };
  const server = new Server({
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 5_000,
    // Clients find new replicas when they have to connect again. Spread over a minute, or they would come together.
    'grpc.max_connection_age_ms': 60_000 + Math.floor(Math.random() * 60_000),
    // The longest stream may end on an aged connection.
    'grpc.max_connection_age_grace_ms': 600_000,
  });
  const health = new HealthImplementation();
  const names = ['', ...services.map(serviceName)];

  for (const { definition, handlers } of services) {
    const implementation: Record<string, UntypedHandleCall> = {};
    for (const [name, rpc] of Object.entries(definition)) {
      const handler = handlers.get(name);
      if (!handler) throw new Error(`No handler for ${rpc.path}`);
      if (handler.rule.caller !== 'public' && !verifier) throw new Error(`${rpc.path} needs a token verifier`);
      implementation[name] = answerCall(environment, rpc, handler, tenantShare?.heavy[name]);
    }
    server.addService(withEncodedAnswers(definition), implementation);
  }
  health.addToServer(server);
  setServing(true);

  function setServing(isServing: boolean): void {
    for (const name of names) health.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING');
  }

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.bindAsync(`${host}:${port}`, serverCredentials(options.tls), (error, boundPort) =>
          error ? reject(error) : resolve(boundPort),
        );
      }),
    stop() {
      setServing(false);
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          logger.warn({ in_flight: environment.inFlight }, 'cutting calls that did not end in time');
          server.forceShutdown();
          resolve();
        }, drainTimeoutMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
    setServing,
  };
}

/** `/outlay.ledger.v1.LedgerService/RecordExpense` belongs to `outlay.ledger.v1.LedgerService`. */
function serviceName({ definition }: BoundService): string {
  return Object.values(definition)[0]?.path.split('/')[1] ?? '';
}
