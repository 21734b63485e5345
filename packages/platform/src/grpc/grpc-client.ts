import type { CallerContext } from '../context/caller-context.ts';
import type { Logger } from '../operations/logger.ts';
import type { RequestOf, ResponseOf, RpcDefinition, ServiceDefinition } from './service-definition.ts';

/** How a client is made. */
export interface GrpcClientOptions {
  /** host:port; a name that resolves to several addresses is balanced over them. */
  address: string;
  logger: Logger;
  /** How long a call may take when it is not told; 2,000 unless set. A shorter deadline of the work in progress wins. */
  deadlineMs?: number;
  /** Gives the service's own token for calls whose context carries none. */
  tokenSource?: () => Promise<string>;
  /** Try again after UNAVAILABLE: only RPCs that read, or calls that carry an idempotency key. For the gateway alone. */
  retry?: boolean;
}

/** What one call may be told. */
export interface CallOptions {
  deadlineMs?: number;
  /** Overrides what the RPC's name says about trying again being harmless. */
  isIdempotent?: boolean;
}

type Call<M extends RpcDefinition> = (
  context: CallerContext,
  request: M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>,
  options?: CallOptions,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>;

/** A client with one method per RPC. All errors are DomainErrors. */
export type GrpcClient<D extends ServiceDefinition> = { readonly [R in keyof D]: Call<D[R]> } & {
  /** Asks the peer's health; throws unavailable unless it serves. */
  ping(): Promise<void>;
  close(): void;
};

export function createGrpcClient<D extends ServiceDefinition>(
  _definition: D,
  _options: GrpcClientOptions,
): GrpcClient<D> {
  throw new Error('pending');
}
