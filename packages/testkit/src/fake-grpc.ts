import * as grpc from '@grpc/grpc-js';
import { toGrpcStatus } from '@outlay/platform';

/**
 * One call that a fake got. `request` is undefined for a client stream, which its handler reads; `timeLeftMs` is what its deadline
 * left when it came.
 */
export type FakeCall = { method: string; request: unknown; metadata: Record<string, string>; timeLeftMs: number };
/** One handler per RPC, named like the client's method (`recordExpense`). A server stream is an async generator; a client stream gets an async iterable. */
export type FakeHandlers = Record<string, (request: never, metadata: Record<string, string>) => unknown>;
/** A fake that is running; `address` is host:port, `calls` are in the order in which they came. */
export type FakeGrpc = { address: string; port: number; calls: FakeCall[]; stop: () => Promise<void> };

/**
 * A neighbour service played by the test: a real gRPC server on a free port that answers with `handlers` and writes down every
 * call. A DomainError travels as from a real service, an error with a gRPC `code` as it is; an RPC without a handler is UNIMPLEMENTED.
 */
export async function startFakeGrpc(definition: grpc.ServiceDefinition, handlers: FakeHandlers): Promise<FakeGrpc> {
  const server = new grpc.Server();
  const calls: FakeCall[] = [];
  const implementation: grpc.UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(definition))
    implementation[name] = callHandler(name, method, handlers[name], calls);
  server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    port,
    calls,
    stop: async () => server.forceShutdown(),
  };
}

type AnyCall = grpc.ServerUnaryCall<unknown, unknown> &
  grpc.ServerReadableStream<unknown, unknown> &
  grpc.ServerWritableStream<unknown, unknown> &
  grpc.ServerDuplexStream<unknown, unknown>;

function callHandler(
  name: string,
  method: grpc.MethodDefinition<unknown, unknown>,
  handler: FakeHandlers[string] | undefined,
  calls: FakeCall[],
): grpc.UntypedHandleCall {
  const handle = async (call: AnyCall, callback?: grpc.sendUnaryData<unknown>) => {
    const metadata = readMetadata(call.metadata);
    const request = method.requestStream ? call : call.request;
    const timeLeftMs = Number(call.getDeadline()) - Date.now();
    calls.push({ method: name, request: method.requestStream ? undefined : call.request, metadata, timeLeftMs });
    try {
      if (handler === undefined) throw unimplemented(name);
      const answer = handler(request as never, metadata);
      if (callback !== undefined) return callback(null, await answer);
      for await (const message of answer as AsyncIterable<unknown>) {
        if (call.cancelled) return;
        if (!call.write(message)) await drained(call);
      }
      call.end();
    } catch (error) {
      const status = statusOf(error);
      if (callback !== undefined) callback(status);
      else call.emit('error', status);
    }
  };
  return handle as unknown as grpc.UntypedHandleCall;
}

/** When the caller has taken what was written, or has gone: an answer without an end must not run ahead of it. */
function drained(call: AnyCall): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve);
    call.once('cancelled', resolve);
  });
}

function readMetadata(metadata: grpc.Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([key, value]) => [key, value.toString()]));
}

function statusOf(error: unknown): Partial<grpc.StatusObject> & Error {
  const isGrpc = error instanceof Error && 'code' in error && typeof error.code === 'number';
  const status = isGrpc ? (error as grpc.ServiceError) : toGrpcStatus(error);
  return Object.assign(new Error(status.details), status);
}

function unimplemented(name: string): Error {
  return Object.assign(new Error(), { code: grpc.status.UNIMPLEMENTED, details: `${name} has no fake` });
}
