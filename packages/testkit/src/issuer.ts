import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** What a token is to say; what is absent is random, or as for a freshly logged-in user. */
export type TestTokenInput = {
  userId?: string;
  tenantId?: string;
  role?: 'owner' | 'admin' | 'analyst' | 'member';
  platformAdmin?: boolean;
  kind?: 'user' | 'service' | 'api_key';
  scopes?: string[];
  sessionId?: string;
  expiresInSeconds?: number;
  /** Seconds since the epoch of the last log-in with a password; now when absent. */
  authTime?: number;
  /** Replaces or (with undefined) removes single claims, to make tokens that must be refused. */
  claims?: Record<string, unknown>;
  /** Replaces single header fields, for the same purpose. */
  header?: Record<string, unknown>;
};

/** Signs tokens with its own key, and gives what verifies them. */
export type TestIssuer = {
  issuer: string;
  audience: string;
  jwks: { keys: JsonWebKey[] };
  /** What `createTokenVerifier` of platform takes. */
  verifierOptions: {
    issuer: string;
    audience: string;
    loadKeys: () => Promise<{ keys: JsonWebKey[] }>;
    clock: () => Date;
  };
  token: (input?: TestTokenInput) => string;
};

const issuer = 'https://outlay.local';
const audience = 'outlay';

/** An issuer of access tokens with a key of its own, in the form identity issues them (RS256, `typ: at+jwt`). */
export function createTestIssuer(): TestIssuer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomUUID();
  const jwks = { keys: [publicJwk(privateKey, kid)] };
  return {
    issuer,
    audience,
    jwks,
    verifierOptions: { issuer, audience, loadKeys: async () => jwks, clock: () => new Date() },
    token: (input = {}) => sign(privateKey, kid, input),
  };
}

function publicJwk(privateKey: KeyObject, kid: string): JsonWebKey {
  return { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}

function sign(privateKey: KeyObject, kid: string, input: TestTokenInput): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: audience,
    sub: input.userId ?? randomUUID(),
    tid: input.tenantId,
    role: input.tenantId === undefined ? undefined : (input.role ?? 'owner'),
    pad: input.platformAdmin,
    scp: input.scopes,
    kind: input.kind ?? 'user',
    sid: input.sessionId ?? randomUUID(),
    jti: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + (input.expiresInSeconds ?? 3_600),
    auth_time: input.authTime ?? now,
    ...input.claims,
  };
  const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return jwt.sign(present, privateKey, {
    algorithm: 'RS256',
    keyid: kid,
    // Would delete `iat` where it is given, and is needed to leave it out.
    noTimestamp: present.iat === undefined,
    header: { alg: 'RS256', typ: 'at+jwt', ...input.header },
  });
}
