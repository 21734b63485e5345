import { status as grpcStatus, Metadata, type StatusObject } from '@grpc/grpc-js';
import { trace } from '@opentelemetry/api';
import { DomainError, type ErrorKind, outcomeLost } from './domain-error.ts';
import { decodeRpcStatus, encodeRpcStatus, type RpcStatus } from './rpc-status.ts';

const detailsKey = 'grpc-status-details-bin';

/** The one table from kind to gRPC status. `unreadable` and `invalid` share a status and are told apart by meta.kind. */
const statusOfKind: Record<ErrorKind, grpcStatus> = {
  unreadable: grpcStatus.INVALID_ARGUMENT,
  unauthenticated: grpcStatus.UNAUTHENTICATED,
  forbidden: grpcStatus.PERMISSION_DENIED,
  not_found: grpcStatus.NOT_FOUND,
  conflict: grpcStatus.ALREADY_EXISTS,
  precondition_failed: grpcStatus.FAILED_PRECONDITION,
  invalid: grpcStatus.INVALID_ARGUMENT,
  rate_limited: grpcStatus.RESOURCE_EXHAUSTED,
  unavailable: grpcStatus.UNAVAILABLE,
  deadline_exceeded: grpcStatus.DEADLINE_EXCEEDED,
  internal: grpcStatus.INTERNAL,
};

/** Statuses that gRPC itself or a foreign peer may answer with, where no details say more. */
const kindOfStatus: Partial<Record<grpcStatus, ErrorKind>> = {
  // Received, not asked for: the peer stopped and cut the call.
  [grpcStatus.CANCELLED]: 'unavailable',
  [grpcStatus.INVALID_ARGUMENT]: 'invalid',
  [grpcStatus.DEADLINE_EXCEEDED]: 'deadline_exceeded',
  [grpcStatus.NOT_FOUND]: 'not_found',
  [grpcStatus.ALREADY_EXISTS]: 'conflict',
  [grpcStatus.PERMISSION_DENIED]: 'forbidden',
  [grpcStatus.RESOURCE_EXHAUSTED]: 'rate_limited',
  [grpcStatus.FAILED_PRECONDITION]: 'precondition_failed',
  [grpcStatus.ABORTED]: 'conflict',
  [grpcStatus.OUT_OF_RANGE]: 'invalid',
  [grpcStatus.UNAVAILABLE]: 'unavailable',
  [grpcStatus.UNAUTHENTICATED]: 'unauthenticated',
};

/** The kind travels as metadata of ErrorInfo, as eleven kinds do not fit one to one onto gRPC's statuses. */
const kindKey = 'kind';

/**
 * Turns a thrown value into the status of an RPC: code, and a google.rpc.Status with the error's code, meta and
 * field violations in the trailer. Anything that is no DomainError becomes INTERNAL and shows the caller nothing
 * but the trace id; logging its cause is the server's task.
 */
export function toGrpcStatus(error: unknown): StatusObject {
  const known = error instanceof DomainError ? error : new DomainError('internal', 'internal', 'Something went wrong');
  const isInternal = known.kind === 'internal';
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  const status: RpcStatus = {
    code: statusOfKind[known.kind],
    message: isInternal ? 'Something went wrong' : known.message,
    reason: isInternal ? 'internal' : known.code,
    metadata: {
      ...(isInternal ? {} : known.meta),
      [kindKey]: known.kind,
      ...(isInternal && traceId ? { trace_id: traceId } : {}),
    },
    violations: isInternal ? [] : known.details,
  };
  const metadata = new Metadata();
  metadata.set(detailsKey, encodeRpcStatus(fitted(status)));
  return { code: status.code, details: status.message, metadata };
}

/** Turns what a gRPC client threw back into the DomainError the peer had. */
export function fromGrpcError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (!isStatusObject(error)) return new DomainError('internal', 'internal', 'Something went wrong', { cause: error });
  const status = readDetails(error.metadata);
  if (status?.reason) {
    const { [kindKey]: kind, ...meta } = status.metadata;
    return new DomainError(toKind(kind, error.code), status.reason, status.message, {
      details: status.violations,
      meta,
      cause: error,
    });
  }
  const kind = isConnectionError(error) ? 'unavailable' : toKind(undefined, error.code);
  const message = messageOfKind[kind] ?? 'Something went wrong';
  if (kind === 'unavailable' && !isNeverSent(error)) return outcomeLost(kind, message, error);
  return new DomainError(kind, kind, message, { cause: error });
}

/**
 * Whether it is the fault of a peer of ours that has said so: it has logged the cause, which it alone knows. What gRPC itself or
 * a foreign peer calls internal may be in nobody's log.
 */
export function isLoggedByPeer(error: unknown): boolean {
  if (!(error instanceof DomainError) || error.kind !== 'internal' || !isStatusObject(error.cause)) return false;
  return readDetails(error.cause.metadata)?.reason === 'internal';
}

/** What gRPC itself says names addresses and internals, so the caller gets a sentence of ours. */
const messageOfKind: Partial<Record<ErrorKind, string>> = {
  unavailable: 'A service is not available',
  deadline_exceeded: 'The deadline has passed',
  rate_limited: 'A service is too busy',
  unauthenticated: 'The caller is not known',
  forbidden: 'The caller may not do this',
  not_found: 'Not found',
};

// Trailers have a size limit on the way; a caller with hundreds of wrong fields is served by the first ones.
const violationsMax = 50;

function fitted(status: RpcStatus): RpcStatus {
  return status.violations.length <= violationsMax
    ? status
    : { ...status, violations: status.violations.slice(0, violationsMax) };
}

function readDetails(metadata: Metadata | undefined): RpcStatus | undefined {
  const bytes = metadata?.get(detailsKey)[0];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return decodeRpcStatus(bytes);
  } catch {
    return undefined;
  }
}

/** A connection that breaks during a call is INTERNAL to grpc-js; our own INTERNAL always carries details. */
function isConnectionError(error: Error & { code: grpcStatus }): boolean {
  return error.code === grpcStatus.INTERNAL && /RST_STREAM|ECONN|EPIPE|socket/i.test(error.message);
}

/** What grpc-js says where there was no connection that the call could have been sent over. */
function isNeverSent(error: Error): boolean {
  return /No connection established|Name resolution failed/i.test(error.message);
}

function toKind(kind: string | undefined, code: grpcStatus): ErrorKind {
  if (kind !== undefined && Object.hasOwn(statusOfKind, kind)) return kind as ErrorKind;
  return kindOfStatus[code] ?? 'internal';
}

function isStatusObject(error: unknown): error is Error & { code: grpcStatus; metadata?: Metadata } {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}
