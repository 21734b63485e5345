import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';
import { DomainError } from '../errors/domain-error.ts';
import { fromGrpcError } from '../errors/grpc-status.ts';
import { clientDuration } from './grpc-metrics.ts';
import type { RpcDefinition } from './service-definition.ts';
import { writeAll } from './write-all.ts';

/** A connection to a peer, as grpc-js has it. */
export type Channel = Client;

/** One call's metadata and bounds. */
export interface Outgoing {
  metadata: Metadata;
  /** Epoch milliseconds. */
  deadlineAt: number;
  signal: AbortSignal | undefined;
}

type Serialize = (value: unknown) => Buffer;

/** Makes a call with one response, from one request or a stream of them. */
export async function callUnary(
  channel: Channel,
  rpc: RpcDefinition,
  request: unknown,
  outgoing: Outgoing,
): Promise<unknown> {
  return timed(rpc, () => {
    const { metadata, signal } = outgoing;
    const options: CallOptions = { deadline: outgoing.deadlineAt };
    const serialize = rpc.requestSerialize as Serialize;
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response?: unknown) => {
        signal?.removeEventListener('abort', cancel);
        if (error) reject(error);
        else resolve(response);
      };
      const call = rpc.requestStream
        ? channel.makeClientStreamRequest(rpc.path, serialize, rpc.responseDeserialize, metadata, options, done)
        : channel.makeUnaryRequest(rpc.path, serialize, rpc.responseDeserialize, request, metadata, options, done);
      const cancel = () => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      if (rpc.requestStream) {
        pump(call as ClientWritableStream<unknown>, request as AsyncIterable<unknown>, reject);
      }
    });
  });
}

/** Makes a call with a stream of responses. The call starts when the first one is asked for, and is cancelled when the reader stops. */
export async function* callStream(
  channel: Channel,
  rpc: RpcDefinition,
  request: unknown,
  prepare: () => Promise<Outgoing>,
): AsyncGenerator<unknown> {
  const { metadata, signal, deadlineAt } = await prepare();
  const startedAt = performance.now();
  const options: CallOptions = { deadline: deadlineAt };
  const serialize = rpc.requestSerialize as Serialize;
  const call = rpc.requestStream
    ? channel.makeBidiStreamRequest(rpc.path, serialize, rpc.responseDeserialize, metadata, options)
    : channel.makeServerStreamRequest(rpc.path, serialize, rpc.responseDeserialize, request, metadata, options);
  const cancel = () => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  let sourceError: unknown;
  if (rpc.requestStream) {
    pump(call as ClientDuplexStream<unknown, unknown>, request as AsyncIterable<unknown>, (error) => {
      sourceError = error;
    });
  }
  let kind = 'ok';
  try {
    yield* call as ClientReadableStream<unknown>;
  } catch (error) {
    const known = sourceError ?? fromGrpcError(error);
    kind = known instanceof DomainError ? known.kind : 'internal';
    throw known;
  } finally {
    signal?.removeEventListener('abort', cancel);
    // Ends the call on the wire when the reader has left early; after its end this does nothing.
    call.cancel();
    clientDuration.observe({ method: rpc.path.slice(1), kind }, (performance.now() - startedAt) / 1000);
  }
}

/** Feeds requests into a call. When their source throws, the call is cancelled and that error is the one to report. */
function pump(
  call: ClientWritableStream<unknown> | ClientDuplexStream<unknown, unknown>,
  requests: AsyncIterable<unknown>,
  onSourceError: (error: unknown) => void,
): void {
  const ended = new AbortController();
  call.on('status', () => ended.abort());
  // The status arrives as the call's outcome; a stream without a listener would throw it a second time.
  call.on('error', () => ended.abort());
  writeAll(call, requests, ended.signal).then(
    () => call.end(),
    (error: unknown) => {
      // The peer may answer before it has read everything; what is left is then not sent.
      if (ended.signal.aborted) return;
      onSourceError(error);
      call.cancel();
    },
  );
}

async function timed<T>(rpc: RpcDefinition, call: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  let kind = 'ok';
  try {
    return await call();
  } catch (error) {
    // Errors of a request's source are the caller's own and pass as they are.
    const known = error instanceof Error && 'metadata' in error ? fromGrpcError(error) : error;
    kind = known instanceof DomainError ? known.kind : 'internal';
    throw known;
  } finally {
    clientDuration.observe({ method: rpc.path.slice(1), kind }, (performance.now() - startedAt) / 1000);
  }
}
