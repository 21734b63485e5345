import { type Clock, newId, type TokenClaims } from '@outlay/platform';
import jsonwebtoken from 'jsonwebtoken';
import { accessTokenSeconds } from '../domain/lifetimes.ts';
import type { SigningKeys } from './signing-keys.ts';

/** What an access token says of its bearer. */
type Bearer = Pick<TokenClaims, 'sub' | 'tid' | 'role' | 'pad' | 'scp' | 'kind' | 'sid'> & {
  authenticatedAt: Date;
  /** Where the token must end before its usual time. */
  endsAt?: Date;
};

/** An access token as it is handed out. */
export interface AccessToken {
  token: string;
  expiresInSeconds: number;
}

/** Issues access tokens (RFC 9068). */
export type IssueAccessToken = (bearer: Bearer) => Promise<AccessToken>;

/** Makes the issuer. Tokens are RS256 with `typ: at+jwt` and live for one hour. */
export function createAccessTokenIssuer(options: {
  keys: SigningKeys;
  issuer: string;
  audience: string;
  clock: Clock;
}): IssueAccessToken {
  const { keys, issuer, audience, clock } = options;
  return async ({ authenticatedAt, endsAt, ...bearer }) => {
    const { kid, privateKey } = await keys.current();
    const now = epochSeconds(clock());
    const usual = now + accessTokenSeconds;
    const exp = endsAt ? Math.min(usual, epochSeconds(endsAt)) : usual;
    const claims: TokenClaims = {
      ...bearer,
      iss: issuer,
      aud: audience,
      jti: newId(),
      iat: now,
      nbf: now,
      exp,
      auth_time: epochSeconds(authenticatedAt),
    };
    const token = jsonwebtoken.sign(withoutUndefined(claims), privateKey, {
      algorithm: 'RS256',
      header: { alg: 'RS256', typ: 'at+jwt', kid },
    });
    return { token, expiresInSeconds: exp - now };
  };
}

function withoutUndefined(claims: TokenClaims): object {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

function epochSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
