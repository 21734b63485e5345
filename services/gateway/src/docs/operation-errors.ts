import { isPublic, isWithinTenant, type Route, takesIdempotencyKey } from '../http/define-route.ts';
import type { ErrorCode } from '../http/error-codes.ts';
import { leavesDoubt } from '../http/unknown-outcome.ts';

/** Every code that an operation may answer with: those it names, and those that come with what it is. */
export function errorsOf(route: Route): ErrorCode[] {
  const { params, query, upload } = route.request ?? {};
  const codes: ErrorCode[] = [...(route.errors ?? [])];
  // Of operations without parameters too: their query is read, and refused unless it is empty.
  codes.push('request_malformed', 'input_unsafe', 'validation_failed');
  // Parameters that are valid one by one can be too long for an address together.
  if (query) codes.push('uri_too_long', 'headers_too_large');
  // Of writes without a body too: theirs is read, and refused where it has fields.
  if (route.method !== 'get' && !upload) {
    codes.push('json_invalid', 'request_timeout', 'body_too_large', 'media_type_unsupported');
  }
  codes.push(...accessErrors(route));
  if (params) codes.push(route.notFound ?? 'not_found');
  if (route.ifMatch) codes.push('version_mismatch');
  if (takesIdempotencyKey(route)) codes.push('idempotency_key_reused', 'idempotency_key_in_use');
  codes.push('rate_limited', 'internal', 'unavailable', 'deadline_exceeded', 'overloaded');
  if (leavesDoubt(route)) codes.push('outcome_unknown');
  return [...new Set(codes)];
}

function accessErrors(route: Route): ErrorCode[] {
  if (isPublic(route)) return [];
  const { roles, freshLogin } = route.access;
  const codes: ErrorCode[] = ['token_missing', 'token_invalid', 'token_expired', 'session_revoked', 'api_key_invalid'];
  codes.push('access_denied', 'tenant_mismatch', 'tenant_not_found');
  if (roles) codes.push('role_required');
  if (isWithinTenant(route)) codes.push('scope_required');
  if (freshLogin) codes.push('fresh_login_required');
  return codes;
}
