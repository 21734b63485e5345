import type { identity } from '@outlay/contracts';
import type { SignedIn } from '../application/session-tokens.ts';

/** A session with its person as the messages of log-in and refresh carry it. */
export function toSessionResponse(signedIn: SignedIn, replayed = false): identity.LoginResponse {
  const { accessToken, refreshToken, expiresInSeconds, sessionId, user, membership } = signedIn;
  return { session: { accessToken, refreshToken, expiresInSeconds, sessionId }, user, membership, replayed };
}
