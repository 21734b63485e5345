import type { ServerResponse } from 'node:http';
import { DomainError, type ErrorDetail, type ErrorKind } from '@outlay/platform';
import { type ErrorCode, errorCodes, titlesByStatus } from './error-codes.ts';
import { HttpError } from './http-error.ts';

/** A problem document (RFC 9457) before it is written, with the headers that go with it. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  errors: readonly ErrorDetail[];
  extensions: Readonly<Record<string, unknown>>;
  headers: Readonly<Record<string, string>>;
}

/** The one table from kind to HTTP status. */
const statusOfKind: Record<ErrorKind, number> = {
  unreadable: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
  // Not 504: to a client both mean that it was not answered, and that trying again may help.
  deadline_exceeded: 503,
  internal: 500,
};

/** What is shown of a thrown value. Anything unforeseen shows nothing of itself. */
export function problemOf(error: unknown): Problem {
  if (error instanceof DomainError) return fromDomainError(error);
  if (error instanceof HttpError) {
    return { ...bare(error.status, error.code, error.message), headers: error.headers };
  }
  if (isUrlError(error)) return bare(400, 'request_malformed', 'The path is not correctly percent-encoded');
  return bare(500, 'internal', 'Something went wrong. Quote the trace id when you report it.');
}

/** Writes the document. `traceId` leads support to everything that was logged. */
export function writeProblem(response: ServerResponse, problem: Problem, traceId: string): void {
  const body = JSON.stringify({
    type: `urn:outlay:problem:${problem.code}`,
    title: titleOf(problem),
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    trace_id: traceId,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
    ...problem.extensions,
  });
  response.writeHead(problem.status, {
    ...problem.headers,
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

function fromDomainError(error: DomainError): Problem {
  const status = statusOfKind[error.kind];
  if (error.kind === 'internal') return problemOf(undefined);
  return {
    status,
    code: error.code,
    detail: error.message,
    errors: error.details.map(({ field, code, message }) => ({ field, code, message })),
    extensions: extensionsOf(error),
    headers: headersOf(error, status),
  };
}

/** The codes that come with tenants: those to choose from, and those that somebody owns. */
const tenantListing: ReadonlySet<string> = new Set(['tenant_required', 'owner_cannot_leave']);

/** Facts that clients act on, from the error's meta: the tenants a person may choose from come as JSON text there. */
function extensionsOf({ code, meta }: DomainError): Problem['extensions'] {
  if (tenantListing.has(code) && meta.tenants) return { tenants: JSON.parse(meta.tenants) };
  if (code === 'plan_limit_reached') {
    const { metric, limit, used, remedy, scope_id } = meta;
    return { metric, limit: Number(limit), used: Number(used), remedy, ...(scope_id !== undefined && { scope_id }) };
  }
  if (code === 'already_invited') return { invitation_id: meta.invitation_id };
  if (code === 'rate_limited' && meta.violated_policies) {
    return { violated_policies: meta.violated_policies.split(',') };
  }
  return {};
}

function headersOf(error: DomainError, status: number): Record<string, string> {
  if (status === 401) {
    if (error.code === 'fresh_login_required') return { 'WWW-Authenticate': stepUpChallenge(error) };
    const isTokenAtFault = error.code !== 'token_missing' && /^(?:token_|session_|api_key_)/.test(error.code);
    const reason = isTokenAtFault ? ', error="invalid_token"' : '';
    return { 'WWW-Authenticate': `Bearer realm="outlay"${reason}` };
  }
  // Whoever is told to try again soon does it without looking first.
  if (error.code === 'outcome_unknown') return {};
  if (status === 429 || status === 503) {
    const retryAfterMs = Number(error.meta.retry_after_ms);
    return { 'Retry-After': String(retryAfterMs > 0 ? Math.ceil(retryAfterMs / 1000) : 1) };
  }
  return {};
}

/** RFC 9470, section 3: how long ago the log-in may have been. */
function stepUpChallenge({ message, meta }: DomainError): string {
  const maxAge = meta.max_age_seconds ? `, max_age="${meta.max_age_seconds}"` : '';
  return `Bearer realm="outlay", error="insufficient_user_authentication", error_description="${message}"${maxAge}`;
}

function titleOf(problem: Problem): string {
  const known = Object.hasOwn(errorCodes, problem.code) ? errorCodes[problem.code as ErrorCode] : undefined;
  return known?.title ?? titlesByStatus[problem.status] ?? 'Something went wrong';
}

function bare(status: number, code: string, detail: string): Problem {
  return { status, code, detail, errors: [], extensions: {}, headers: {} };
}

/** Express throws this where a path parameter cannot be decoded. */
function isUrlError(error: unknown): boolean {
  return error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);
}
