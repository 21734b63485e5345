import type {
  ServiceDefinition as GrpcServiceDefinition,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { runInCallScope } from '../context/call-scope.ts';
import { runInTrace } from '../context/trace-scope.ts';
import { DomainError, deadlineExceeded, type ErrorKind, unavailable } from '../errors/domain-error.ts';
import { isLoggedByPeer, toGrpcStatus } from '../errors/grpc-status.ts';
import type { Logger } from '../operations/logger.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';
import { authorizeCall } from './authorize-call.ts';
import { readCallMetadata, textIn } from './call-metadata.ts';
import { serverDuration, serverInFlight } from './grpc-metrics.ts';
import type { RpcDefinition, RpcHandler, ServiceDefinition } from './service-definition.ts';
import type { TenantTurns } from './tenant-turns.ts';
import { writeAll } from './write-all.ts';

/** What all calls of one server share. */
export interface CallEnvironment {
  verifier: TokenVerifier | undefined;
  logger: Logger;
  inFlightMax: number;
  inFlight: number;
  /** Without, a tenant may take all there is. */
  turns: TenantTurns | undefined;
}

type ServerCall = ServerUnaryCall<unknown, unknown> &
  ServerReadableStream<unknown, unknown> &
  ServerWritableStream<unknown, unknown> &
  ServerDuplexStream<unknown, unknown>;

const travelMs = 100;

/** Callers of this platform always send a deadline; these bound the others. */
const deadlineMs = { unary: 5_000, stream: 600_000 };

/**
 * Makes the function that grpc-js calls for one RPC, of any of the four kinds: bounds the work in flight, sets the
 * call's scope, authorizes, runs the handler, and turns what it throws into the call's status. An answer is given at
 * the deadline even when the handler hangs; it counts as in flight until it has ended. What it answers is encoded here, and
 * not by grpc-js, which would tell nobody why an answer could not be.
 */
export function answerCall(
  environment: CallEnvironment,
  rpc: RpcDefinition,
  handler: RpcHandler,
  isHeavy: (request: never) => boolean = () => false,
) {
  const method = rpc.path.slice(1);
  const name = method.slice(method.indexOf('/') + 1);
  const encode = rpc.responseSerialize as (answer: unknown) => Buffer;

  async function answer(call: ServerCall, callback?: sendUnaryData<unknown>): Promise<void> {
    const startedAt = performance.now();
    const metadata = { ...readCallMetadata(call.metadata), peerAddress: call.getPeer().replace(/:\d+$/, '') };
    const bound = boundCall(call, rpc.requestStream || rpc.responseStream ? deadlineMs.stream : deadlineMs.unary);
    const { requestId, correlationId } = metadata;
    const asked = { rpc: name, request: rpc.requestStream ? undefined : (call.request as object) };
    const scope = { requestId, correlationId, ...asked, deadlineAt: bound.deadlineAt, signal: bound.signal };
    const finish = (error?: unknown) => {
      bound.release();
      const kind = error === undefined ? 'ok' : kindOf(error);
      const seconds = (performance.now() - startedAt) / 1000;
      serverDuration.observe({ method, kind }, seconds);
      runInCallScope(scope, () => logOutcome(environment.logger, { method, kind, seconds, error }));
    };

    try {
      const work = takeSlot(environment, () =>
        runInCallScope(scope, async () => {
          const context = await authorizeCall(metadata, handler.rule, environment.verifier);
          return runInCallScope({ tenantId: context.tenantId }, async () => {
            const handle = handler.handle as (context: unknown, request: unknown) => unknown;
            if (rpc.responseStream) {
              const answers = handle(context, rpc.requestStream ? call : call.request) as AsyncIterable<unknown>;
              await writeAll(call, encoded(answers, encode), bound.signal);
              return undefined;
            }
            if (rpc.requestStream) return encode(await handle(context, call));
            const work = async () => encode(await handle(context, call.request));
            const { turns } = environment;
            if (turns === undefined || context.tenantId === undefined) return work();
            return turns.inTurn(context.tenantId, isHeavy(call.request as never), work);
          });
        }),
      );
      const response = await Promise.race([work, bound.aborted]);
      if (callback) callback(null, response);
      else call.end();
      finish();
    } catch (error) {
      const status = toGrpcStatus(error);
      if (callback) callback(status);
      else call.emit('error', status);
      finish(error);
    }
  }

  const traced: typeof answer = (call, callback) => runInTrace(call.metadata, textIn, () => answer(call, callback));
  return traced as unknown as UntypedHandleCall;
}

async function* encoded(answers: AsyncIterable<unknown>, encode: (answer: unknown) => Buffer): AsyncGenerator<Buffer> {
  for await (const answer of answers) yield encode(answer);
}

/** A service's definition for grpc-js, where answers are encoded already. */
export function withEncodedAnswers(definition: ServiceDefinition): GrpcServiceDefinition {
  const asItIs = (answer: Buffer) => answer;
  const rpcs = Object.entries(definition).map(([name, rpc]) => [name, { ...rpc, responseSerialize: asItIs }]);
  return Object.fromEntries(rpcs);
}

/** Runs work if there is room for it. */
async function takeSlot<T>(environment: CallEnvironment, work: () => Promise<T>): Promise<T> {
  if (environment.inFlight >= environment.inFlightMax) {
    throw new DomainError('unavailable', 'overloaded', 'The service is too busy', { meta: { retry_after_ms: '1000' } });
  }
  environment.inFlight += 1;
  serverInFlight.inc();
  try {
    return await work();
  } finally {
    environment.inFlight -= 1;
    serverInFlight.dec();
  }
}

/** The call's deadline, and a signal for its passing and for a caller that has gone. */
function boundCall(call: ServerCall, defaultMs: number) {
  const given = Number(call.getDeadline());
  const deadlineAt = Number.isFinite(given) ? given : Date.now() + defaultMs;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(deadlineExceeded()), Math.max(0, deadlineAt - Date.now()));
  let isAnswered = false;
  call.on('cancelled', () => {
    // Said at the end of every call, of one that was answered too.
    if (isAnswered) return;
    // The caller's deadline began before its request had travelled here, so it gives up a little earlier.
    const isLate = Date.now() >= deadlineAt - travelMs;
    controller.abort(isLate ? deadlineExceeded() : unavailable('cancelled', 'The caller has gone'));
  });
  const aborted = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
  });
  aborted.catch(() => undefined);
  const release = () => {
    isAnswered = true;
    clearTimeout(timer);
  };
  return { deadlineAt, signal: controller.signal, aborted, release };
}

function kindOf(error: unknown): ErrorKind {
  return error instanceof DomainError ? error.kind : 'internal';
}

/** What is internal is logged with its cause where it arises and nowhere else; the caller is told only the trace id. */
function logOutcome(
  logger: Logger,
  outcome: { method: string; kind: ErrorKind | 'ok'; seconds: number; error?: unknown },
): void {
  const { method, kind, error } = outcome;
  const fields = { method, kind, duration_ms: Math.round(outcome.seconds * 1000) };
  const code = error instanceof DomainError ? error.code : undefined;
  if (kind === 'internal' && !isLoggedByPeer(error)) logger.error({ ...fields, error }, 'rpc failed');
  else if (code === 'cancelled') logger.debug({ ...fields, code }, 'rpc cancelled');
  else if (kind === 'unavailable' || kind === 'deadline_exceeded' || kind === 'internal') {
    logger.warn({ ...fields, code, cause: messageOf(error) }, 'rpc not answered');
  } else logger.debug({ ...fields, code }, 'rpc answered');
}

function messageOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
