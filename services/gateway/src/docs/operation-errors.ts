import { type Route, takesIdempotencyKey } from '../http/define-route.ts';
import type { ErrorCode } from '../http/error-codes.ts';

/** Every code that an operation may answer with: those it names, and those that come with what it is. */
export function errorsOf(route: Route): ErrorCode[] {
  const { params, query, body, upload } = route.request ?? {};
  const codes: ErrorCode[] = [...(route.errors ?? [])];
  if (query || params) codes.push('request_malformed', 'input_unsafe');
  if (query || body) codes.push('validation_failed');
  if (body) {
    codes.push('json_invalid', 'input_unsafe', 'request_timeout', 'body_too_large', 'media_type_unsupported');
  }
  if (upload) codes.push('validation_failed');
  if (route.auth !== 'public') codes.push('token_missing', 'token_invalid', 'token_expired', 'session_revoked');
  if (route.auth === 'tenant' || route.auth === 'user') codes.push('tenant_mismatch', 'tenant_not_found');
  if (route.auth === 'tenant' || route.auth === 'platform_admin') codes.push('access_denied');
  if (route.roles) codes.push('role_required');
  if (params) codes.push(route.notFound ?? 'not_found');
  if (route.ifMatch) codes.push('version_mismatch', 'validation_failed');
  if (takesIdempotencyKey(route)) codes.push('idempotency_key_reused', 'validation_failed', 'idempotency_key_in_use');
  codes.push('rate_limited', 'internal', 'unavailable', 'deadline_exceeded', 'overloaded');
  return [...new Set(codes)];
}
