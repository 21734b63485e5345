/** What went wrong, as seen by the one who asked. One table maps it to a gRPC status, one in the gateway to HTTP. */
export type ErrorKind =
  | 'unreadable'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'invalid'
  | 'rate_limited'
  | 'unavailable'
  | 'deadline_exceeded'
  | 'internal';

/** One thing that is wrong with one field. The field is a path such as `tags[2]`; the code is stable snake_case. */
export interface ErrorDetail {
  field: string;
  code: string;
  message: string;
}

/** What a DomainError may carry besides its kind, code and message. */
export interface DomainErrorOptions {
  details?: readonly ErrorDetail[];
  /** Machine-readable facts that travel with the error, such as `retry_after_ms`. Never secrets. */
  meta?: Readonly<Record<string, string>>;
  /** The error underneath. It is logged where it arises and never crosses a process border. */
  cause?: unknown;
}

/** The one error type that crosses layers and processes. `code` is stable and part of the API. */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: readonly ErrorDetail[];
  readonly meta: Readonly<Record<string, string>>;

  constructor(kind: ErrorKind, code: string, message: string, options: DomainErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? [];
    this.meta = options.meta ?? {};
  }
}

/** Input that was readable but is not acceptable (422), with one detail per wrong field. */
export function invalid(details: readonly ErrorDetail[]): DomainError;
export function invalid(field: string, code: string, message: string): DomainError;
export function invalid(
  first: readonly ErrorDetail[] | string,
  code = 'invalid',
  message = 'is not valid',
): DomainError {
  const details = typeof first === 'string' ? [{ field: first, code, message }] : first;
  const only = details.length === 1 ? details[0] : undefined;
  return new DomainError(
    'invalid',
    'validation_failed',
    only ? `${only.field}: ${only.message}` : 'Some fields are not valid',
    {
      details,
    },
  );
}

/** The thing does not exist, or belongs to another tenant (404). */
export function notFound(code: string, message: string): DomainError {
  return new DomainError('not_found', code, message);
}

/** The request contradicts the present state (409). */
export function conflict(code: string, message: string): DomainError {
  return new DomainError('conflict', code, message);
}

/** The version the caller named is not the present one (412). */
export function preconditionFailed(code: string, message: string): DomainError {
  return new DomainError('precondition_failed', code, message);
}

/** The caller is known and may not do this (403). */
export function forbidden(code: string, message: string): DomainError {
  return new DomainError('forbidden', code, message);
}

/** The caller is not known: no token, or a bad one (401). */
export function unauthenticated(code: string, message: string): DomainError {
  return new DomainError('unauthenticated', code, message);
}

/** Too many requests (429); `retryAfterMs` says when to come back. */
export function rateLimited(code: string, message: string, retryAfterMs: number): DomainError {
  return new DomainError('rate_limited', code, message, { meta: { retry_after_ms: String(Math.ceil(retryAfterMs)) } });
}

/** Something this depends on is down or too busy; trying again later may help (503). */
export function unavailable(code: string, message: string, cause?: unknown): DomainError {
  return new DomainError('unavailable', code, message, { cause });
}

/** Nobody waits for the answer any more (504 or 503). Whether there was an effect is not known. */
export function deadlineExceeded(code = 'deadline_exceeded', cause?: unknown): DomainError {
  return new DomainError('deadline_exceeded', code, 'The deadline has passed', { cause });
}

/** The connection that carried the work is gone before it said what became of it (503). */
export function outcomeLost(
  code: 'unavailable' | 'database_unavailable',
  message: string,
  cause: unknown,
): DomainError {
  return new DomainError('unavailable', code, message, { cause, meta: { outcome: 'unknown' } });
}

/**
 * Whether what failed may have been done all the same: nobody waited for its end, or the connection was lost on the way.
 * A statement that the database ended for its time was rolled back.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  const isLate = error.kind === 'deadline_exceeded' && error.code !== 'statement_timeout';
  return isLate || error.meta.outcome === 'unknown';
}

/** Whether a thrown value is a DomainError, optionally of one kind. */
export function isDomainError(error: unknown, kind?: ErrorKind): error is DomainError {
  return error instanceof DomainError && (kind === undefined || error.kind === kind);
}
