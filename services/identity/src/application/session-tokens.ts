import type { Membership, User } from '../domain/person.ts';
import type { IssueAccessToken } from '../security/access-token.ts';

/** What a client needs to call on and to stay signed in. */
export interface SignedIn {
  sessionId: string;
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
  user: User;
  /** Absent for a platform admin outside any tenant. */
  membership: Membership | undefined;
}

/** An answer, and whether it is that to an earlier request with the same idempotency key. */
export interface Replayable<T> {
  answer: T;
  replayed: boolean;
}

/** Puts a new access token for a session beside its refresh token. */
export async function signedIn(
  issueAccessToken: IssueAccessToken,
  session: { id: string; authenticatedAt: Date; user: User; membership: Membership | undefined; refreshToken: string },
): Promise<SignedIn> {
  const { id: sessionId, authenticatedAt, user, membership, refreshToken } = session;
  const { token, expiresInSeconds } = await issueAccessToken({
    kind: 'user',
    sub: user.id,
    sid: sessionId,
    tid: membership?.tenantId,
    role: membership?.role,
    pad: user.platformAdmin || undefined,
    authenticatedAt,
  });
  return { sessionId, accessToken: token, expiresInSeconds, refreshToken, user, membership };
}

/** The same as it is kept for an idempotency key: as JSON, which knows neither dates nor bigints. */
export type StoredSignedIn = Omit<SignedIn, 'user'> & {
  user: Omit<User, 'version' | 'createdAt'> & { version: string; createdAt: string };
};

export function toStored(answer: SignedIn): StoredSignedIn {
  const { user } = answer;
  return { ...answer, user: { ...user, version: String(user.version), createdAt: user.createdAt.toISOString() } };
}

export function fromStored(stored: StoredSignedIn): SignedIn {
  const { user } = stored;
  return { ...stored, user: { ...user, version: BigInt(user.version), createdAt: new Date(user.createdAt) } };
}
