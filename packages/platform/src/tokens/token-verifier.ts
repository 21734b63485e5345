import jsonwebtoken from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Clock, systemClock } from '../context/clock.ts';
import { isUuid } from '../context/ids.ts';
import { DomainError, isDomainError, unauthenticated } from '../errors/domain-error.ts';
import { createKeySet, type JsonWebKeySet } from './key-set.ts';
import { type TokenClaims, tokenClaimsSchema } from './token-claims.ts';

/** Verifies access tokens. */
export interface TokenVerifier {
  /** The claims of a good token. Throws unauthenticated `token_invalid` or `token_expired`, unavailable when no keys can be loaded. */
  verify(token: string): Promise<TokenClaims>;
}

const lengthMax = 8_192;
const clockToleranceSeconds = 5;
/** Closed sessions are remembered for little longer: a token of more than this would outlive its revocation. */
const lifeMaxSeconds = 3_600;
const cacheSize = 10_000;

/**
 * Makes the one strict verifier of access tokens (RFC 9068, RFC 8725). Only RS256; the header may hold alg, typ
 * and kid and nothing critical; typ is at+jwt; the key is one of the issuer's; every claim is present, once, and has
 * its shape; exp, nbf and iat are held against the clock with 5 s of tolerance; no token lives for more than an hour.
 * jsonwebtoken alone accepts tokens without exp, with any typ and with unknown crit. Verified tokens are remembered, as
 * checking a signature costs more than most requests do, until they expire or their key is withdrawn, which tells within a
 * minute (createKeySet).
 */
export function createTokenVerifier(options: {
  issuer: string;
  audience: string;
  loadKeys: () => Promise<JsonWebKeySet>;
  clock?: Clock;
}): TokenVerifier {
  const { issuer, audience, loadKeys, clock = systemClock } = options;
  const keys = createKeySet(loadKeys, clock);
  const verified = new LRUCache<string, { claims: TokenClaims; kid: string }>({ max: cacheSize });

  async function verify(token: string): Promise<TokenClaims> {
    const known = verified.get(token);
    if (known) {
      await findKey(known.kid);
      assertInTime(known.claims);
      return known.claims;
    }
    const { kid } = readHeader(token);
    const claims = await verifyAfresh(token, kid);
    verified.set(token, { claims, kid });
    return claims;
  }

  async function verifyAfresh(token: string, kid: string): Promise<TokenClaims> {
    const key = await findKey(kid);
    const now = epochSeconds(clock());
    const payload = await checkSignature(token, {
      key,
      options: {
        algorithms: ['RS256'],
        issuer,
        audience,
        clockTimestamp: now,
        clockTolerance: clockToleranceSeconds,
      },
    });
    const claims = tokenClaimsSchema.safeParse(payload);
    if (!claims.success || !isById(claims.data)) throw badToken();
    assertInTime(claims.data);
    return claims.data;
  }

  function assertInTime(claims: TokenClaims): void {
    const now = epochSeconds(clock());
    if (claims.exp + clockToleranceSeconds <= now) throw unauthenticated('token_expired', 'The token has expired');
    const latest = Math.max(claims.iat, claims.nbf, claims.auth_time);
    if (latest > now + clockToleranceSeconds) throw badToken();
    const lifeSeconds = claims.exp - claims.iat;
    if (lifeSeconds <= 0 || lifeSeconds > lifeMaxSeconds) throw badToken();
  }

  async function findKey(kid: string) {
    try {
      const key = await keys.find(kid);
      if (key) return key;
    } catch (cause) {
      throw new DomainError('unavailable', 'token_keys_unavailable', 'The keys to verify tokens cannot be loaded', {
        cause,
      });
    }
    throw badToken();
  }

  return { verify };
}

/** Strict: crit and b64 change how a token is to be read, jwk, jku and x5c bring their own key along. The issuer writes none of them. */
const headerSchema = z.strictObject({
  alg: z.literal('RS256'),
  typ: z.string().regex(/^(application\/)?at\+jwt$/i),
  kid: z.string().min(1).max(128),
});

/** base64url without padding and with clean last bits is checked by encoding again: two spellings of one token would be two cache entries. */
function readHeader(token: string): z.output<typeof headerSchema> {
  if (token.length > lengthMax) throw badToken();
  const parts = token.split('.');
  const [header, claims] = parts;
  if (parts.length !== 3 || !parts.every(isCanonicalBase64Url) || !header || !claims) throw badToken();
  try {
    readCanonicalJson(claims);
    return headerSchema.parse(readCanonicalJson(header));
  } catch {
    throw badToken();
  }
}

/**
 * The issuer writes JSON without blanks and each member once. Readers differ in which of two equal members they take
 * (RFC 7515, section 4), so a token that can be read in two ways is none, whoever has signed it.
 */
function readCanonicalJson(part: string): unknown {
  const text = Buffer.from(part, 'base64url').toString('utf8');
  const value: unknown = JSON.parse(text);
  if (JSON.stringify(value) !== text) throw badToken();
  return value;
}

/** Only a service is called by a name; others are looked up by the ids in their tokens. */
function isById({ kind, sub, sid }: TokenClaims): boolean {
  return kind === 'service' || (isUuid(sub) && isUuid(sid));
}

function isCanonicalBase64Url(part: string): boolean {
  return part.length > 0 && Buffer.from(part, 'base64url').toString('base64url') === part;
}

function checkSignature(
  token: string,
  check: { key: jsonwebtoken.PublicKey; options: jsonwebtoken.VerifyOptions },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    jsonwebtoken.verify(token, check.key, check.options, (error, payload) => {
      if (!error) resolve(payload);
      else if (error instanceof jsonwebtoken.TokenExpiredError) {
        reject(unauthenticated('token_expired', 'The token has expired'));
      } else reject(isDomainError(error) ? error : badToken());
    });
  });
}

function badToken(): DomainError {
  return unauthenticated('token_invalid', 'The token is not valid');
}

function epochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
