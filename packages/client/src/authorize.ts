import { documentOf } from './problem.ts';
import type { Credentials } from './session.ts';

/**
 * Sends a request as who the credentials say; once more with a new token where the first one counts no more: it has
 * expired, or the key that signed it was withdrawn.
 */
export async function sendAuthorized(
  request: Request,
  fetch: (request: Request) => Promise<Response>,
  credentials: Credentials,
): Promise<Response> {
  const token = await credentials.token();
  if (token === undefined) return fetch(request);
  const response = await fetch(withToken(request.clone(), token));
  const code = await refusalOf(response);
  // It cannot be renewed either: whoever holds it signs in again.
  if (code === 'session_revoked') credentials.ended(token);
  if (code !== 'token_expired' && code !== 'token_invalid') return response;
  const renewed = await credentials.renewed(token);
  if (renewed === undefined) return response;
  await response.body?.cancel();
  return fetch(withToken(request, renewed));
}

function withToken(request: Request, token: string): Request {
  request.headers.set('Authorization', `Bearer ${token}`);
  return request;
}

async function refusalOf(response: Response): Promise<string | undefined> {
  return response.status === 401 ? (await documentOf(response.clone()))?.code : undefined;
}
