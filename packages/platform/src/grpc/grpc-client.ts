import { Client, type ClientOptions } from '@grpc/grpc-js';
import type { TlsFiles } from '../config/tls-files.ts';
import { currentCallScope } from '../context/call-scope.ts';
import type { CallerContext } from '../context/caller-context.ts';
import { DomainError, deadlineExceeded } from '../errors/domain-error.ts';
import type { Logger } from '../operations/logger.ts';
import type { TokenSource } from '../tokens/service-token-source.ts';
import { writeCallMetadata } from './call-metadata.ts';
import { type Channel, callStream, callUnary, type Outgoing } from './call-peer.ts';
import { channelCredentials } from './credentials.ts';
import { checkHealth } from './health-check.ts';
import type { RequestOf, ResponseOf, RpcDefinition, ServiceDefinition } from './service-definition.ts';

/** How a client is made. */
export interface GrpcClientOptions {
  /** host:port, or `ipv4:` and several of them with commas in between. Calls are balanced over all addresses that there are, also of one name. */
  address: string;
  logger: Logger;
  /** How long a unary call may take, in milliseconds; 2,000 unless set. A shorter deadline of the work in progress wins. */
  deadlineMs?: number;
  /** How long a streaming call may take; 600,000 unless set. */
  streamDeadlineMs?: number;
  /**
   * Gives the service's own token, for calls whose context carries none. One that a peer refuses, as its key was
   * withdrawn, is forgotten, and a call with one request is made once more with another.
   */
  tokenSource?: (() => Promise<string>) & Partial<Pick<TokenSource, 'forget'>>;
  /** Try again after UNAVAILABLE: only RPCs that read, and calls that carry an idempotency key. For the gateway alone. */
  retry?: boolean;
  /** Mutual TLS; plain HTTP/2 without. */
  tls?: TlsFiles;
}

/** What one call may be told. */
export interface CallOptions {
  deadlineMs?: number;
  /** Says that calling twice is as good as calling once, which otherwise the RPC's name and the idempotency key decide. */
  isIdempotent?: boolean;
}

type Given<M extends RpcDefinition> = M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>;

type Call<M extends RpcDefinition> = (
  context: CallerContext,
  request: Given<M>,
  options?: CallOptions,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>;

type Prepared = Outgoing & { ownToken: string | undefined };

type UntypedCall = (context: CallerContext, request: unknown, options?: CallOptions) => unknown;

/** A client with one method per RPC. Every error is a DomainError, as the peer threw it. A stream is called when it is first read. */
export type GrpcClient<D extends ServiceDefinition> = { readonly [R in keyof D]: Call<D[R]> } & {
  /** Asks the peer's health; throws unavailable unless it serves. */
  ping(): Promise<void>;
  close(): void;
};

const attemptsMax = 4;
const retryDelayMs = 50;
const pingTimeoutMs = 1_000;

/** Reading by name: what follows the conventions of https://google.aip.dev/130 for methods without side effects. */
const readsByName = /^(get|list|search|find|read|count|stream|preview|summarize|export)([A-Z]|$)/;

/** Makes a client; it connects when it is first used, and again by itself whenever the peer comes back. */
export function createGrpcClient<D extends ServiceDefinition>(
  definition: D,
  options: GrpcClientOptions,
): GrpcClient<D> {
  const { deadlineMs = 2_000, streamDeadlineMs = 600_000, retry = false } = options;
  const channel: Channel = new Client(options.address, channelCredentials(options.tls), channelOptions);

  async function prepare(context: CallerContext, limitMs: number): Promise<Prepared> {
    const scope = currentCallScope();
    const deadlineAt = Math.min(Date.now() + limitMs, scope?.deadlineAt ?? Number.POSITIVE_INFINITY);
    if (deadlineAt <= Date.now()) throw deadlineExceeded();
    const own = context.token === undefined ? await options.tokenSource?.() : undefined;
    const metadata = writeCallMetadata(context, context.token ?? own);
    return { metadata, deadlineAt, signal: scope?.signal, ownToken: own };
  }

  /** Makes a call again that was refused for the service's own token: nothing has come of it. */
  async function withOwnToken<T>(
    prepared: () => Promise<Prepared>,
    call: (outgoing: Prepared) => Promise<T>,
  ): Promise<T> {
    const outgoing = await prepared();
    try {
      return await call(outgoing);
    } catch (error) {
      if (!isOwnTokenRefused(error, outgoing)) throw error;
      options.tokenSource?.forget?.(outgoing.ownToken);
      return call(await prepared());
    }
  }

  /** What was read cannot be taken back: the caller reads again, with another token. */
  async function* readStream(rpc: RpcDefinition, request: unknown, prepared: () => Promise<Prepared>) {
    const outgoing = await prepared();
    try {
      yield* callStream(channel, rpc, request, async () => outgoing);
    } catch (error) {
      if (isOwnTokenRefused(error, outgoing)) options.tokenSource?.forget?.(outgoing.ownToken);
      throw error;
    }
  }

  function toCall(name: string, rpc: RpcDefinition): UntypedCall {
    if (rpc.responseStream) {
      return (context, request, call = {}) =>
        readStream(rpc, request, () => prepare(context, call.deadlineMs ?? streamDeadlineMs));
    }
    return async (context, request, call = {}) => {
      const prepared = () => prepare(context, call.deadlineMs ?? (rpc.requestStream ? streamDeadlineMs : deadlineMs));
      const isRepeatable =
        !rpc.requestStream && (call.isIdempotent ?? (context.idempotencyKey !== undefined || readsByName.test(name)));
      const attempts = retry && isRepeatable ? attemptsMax : 1;
      const send = (outgoing: Prepared) =>
        withRetries({ attempts, deadlineAt: outgoing.deadlineAt }, () => callUnary(channel, rpc, request, outgoing));
      return rpc.requestStream ? send(await prepared()) : withOwnToken(prepared, send);
    };
  }

  const calls = Object.entries(definition).map(([name, rpc]) => [name, toCall(name, rpc)]);
  const own = {
    ping: () => checkHealth(channel, Date.now() + pingTimeoutMs),
    close: () => channel.close(),
  };
  return { ...Object.fromEntries(calls), ...own } as GrpcClient<D>;
}

const channelOptions: ClientOptions = {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.service_config_disable_resolution': 1,
  // Trying again is decided above, where it is known what may be repeated.
  // A page of 500 expenses with the longest descriptions; the default of 4 MiB is too little for it.
  'grpc.max_receive_message_length': 32 * 1_024 * 1_024,
  // Many answers share a connection; with HTTP/2's 64 KiB of room for all of them each large one would wait for others.
  'grpc-node.flow_control_window': 1_024 * 1_024,
  // A peer that hangs is found within three seconds; one that only stalls, as its event loop is busy, has two to answer.
  'grpc.keepalive_time_ms': 1_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  // A peer that is back is found within two seconds.
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
};

async function withRetries<T>(limit: { attempts: number; deadlineAt: number }, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const delayMs = retryDelayMs * 3 ** (attempt - 1) * (0.5 + Math.random());
      const isLast = attempt >= limit.attempts || Date.now() + delayMs >= limit.deadlineAt;
      if (isLast || !isWorthRetrying(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

function isOwnTokenRefused(error: unknown, outgoing: Prepared): outgoing is Prepared & { ownToken: string } {
  const isRefused = error instanceof DomainError && /^token_(?:invalid|expired)$/.test(error.code);
  return isRefused && outgoing.ownToken !== undefined;
}

/** An overloaded peer said so at once; asking it again would add to its load. */
function isWorthRetrying(error: unknown): boolean {
  return error instanceof DomainError && error.kind === 'unavailable' && error.code !== 'overloaded';
}
