import type { Scope } from '@outlay/contracts';
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts';

/** Keys of one tenant that work at once. */
export const activeKeysMax = 100;

/** A key that a machine acts with in a tenant. */
export interface ApiKey {
  id: string;
  name: string;
  scopes: Scope[];
  /** The first characters of the newest secret. */
  prefix: string;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | undefined;
  /** To the minute. */
  lastUsedAt: Date | undefined;
  revokedAt: Date | undefined;
  /** Until when the secret before the newest one works. */
  overlapEndsAt: Date | undefined;
  version: bigint;
}

/** By which people, and scanners of leaked secrets, know ours. */
const mark = 'outlay_';
const shownCharacters = 6;

/** How long an access token lives that a key is exchanged for: a change of its scopes reaches everybody within that. */
export const exchangedTokenMs = 5 * 60_000;

/** How long the secret before works on after a rotation, unless it is told, and at most. */
export const overlapSeconds = { usual: 86_400, max: 604_800 };

/** A new secret: `outlay_` and 256 random bits as base64url. */
export function newApiKeySecret(): string {
  return `${mark}${newOpaqueToken()}`;
}

/** What is stored of a secret and looked up by; undefined for text that is no secret of ours. */
export function hashApiKeySecret(secret: string): Buffer | undefined {
  return secret.startsWith(mark) ? hashOpaqueToken(secret.slice(mark.length)) : undefined;
}

/** What is shown of a secret. The bits that stay hidden are more than anybody can try. */
export function prefixOf(secret: string): string {
  return secret.slice(0, mark.length + shownCharacters);
}
