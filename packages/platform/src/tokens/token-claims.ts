import { z } from 'zod';

/**
 * The claims of an access token (RFC 9068): tid and role bind it to one tenant, pad marks a platform admin,
 * scp lists scopes, sid is the session it can be revoked by. Times are epoch seconds.
 */
export interface TokenClaims {
  iss: string;
  aud: string;
  sub: string;
  tid?: string;
  role?: 'owner' | 'admin' | 'analyst' | 'member';
  pad?: boolean;
  scp?: string[];
  kind: 'user' | 'service';
  sid: string;
  jti: string;
  iat: number;
  nbf: number;
  exp: number;
  auth_time: number;
}

const epochSeconds = z.number().int().positive();
const text = z.string().min(1).max(256);

/** Checks the shape of the claims; claims this version does not know are dropped. */
export const tokenClaimsSchema = z.object({
  iss: text,
  aud: text,
  sub: text,
  tid: z.uuid().optional(),
  role: z.enum(['owner', 'admin', 'analyst', 'member']).optional(),
  pad: z.boolean().optional(),
  scp: z.array(text).max(100).optional(),
  kind: z.enum(['user', 'service']),
  sid: text,
  jti: text,
  iat: epochSeconds,
  nbf: epochSeconds,
  exp: epochSeconds,
  auth_time: epochSeconds,
});
