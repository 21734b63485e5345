import { z } from 'zod';
import { type Role, roles } from '../context/caller-context.ts';

/**
 * The claims of an access token (RFC 9068): tid and role bind it to one tenant, pad marks a platform admin,
 * scp lists what an API key may do, sid is the session, or the API key, that it can be revoked by. Times are epoch
 * seconds.
 */
export interface TokenClaims {
  iss: string;
  aud: string;
  sub: string;
  tid?: string;
  role?: Role;
  pad?: boolean;
  scp?: string[];
  kind: 'user' | 'api_key' | 'service';
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
  role: z.enum(roles).optional(),
  pad: z.boolean().optional(),
  scp: z.array(text).max(100).optional(),
  kind: z.enum(['user', 'api_key', 'service']),
  sid: text,
  jti: text,
  iat: epochSeconds,
  nbf: epochSeconds,
  exp: epochSeconds,
  auth_time: epochSeconds,
});
