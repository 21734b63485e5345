import type { Logger } from '../operations/logger.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';
import type { BoundService } from './service-definition.ts';

/** How a gRPC server is made. */
export interface GrpcServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  services: readonly BoundService[];
  /** Needed as soon as one RPC is not public. */
  verifier?: TokenVerifier;
  logger: Logger;
  /** RPCs worked on at once; one more is refused with unavailable `overloaded`. */
  inFlightMax?: number;
  /** How long stop waits for RPCs in flight. */
  drainTimeoutMs?: number;
}

/** A running or stopped gRPC server. */
export interface GrpcServer {
  /** Binds and serves; answers the port. */
  start(): Promise<number>;
  /** Says NOT_SERVING, lets the RPCs in flight end, then cuts what is left. */
  stop(): Promise<void>;
  /** What the health protocol answers. */
  setServing(isServing: boolean): void;
}

export function createGrpcServer(_options: GrpcServerOptions): GrpcServer {
  throw new Error('pending');
}
