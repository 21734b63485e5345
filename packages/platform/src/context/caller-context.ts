import type { TenantId } from './ids.ts';
import { newId } from './ids.ts';

/** The roles that a user can have in a tenant, mightiest first. */
export const roles = ['owner', 'admin', 'analyst', 'member'] as const;

export type Role = (typeof roles)[number];

/** Who acts. A service's id is its client name, an anonymous caller's is empty. */
export interface Actor {
  kind: 'user' | 'api_key' | 'service' | 'anonymous';
  id: string;
}

/** Who calls, for whom, and under which request; the first parameter of every use case. */
export interface CallerContext {
  actor: Actor;
  tenantId: TenantId | undefined;
  role: Role | undefined;
  platformAdmin: boolean;
  scopes: string[];
  sessionId?: string;
  /** When the user last proved who they are; routes that need a fresh log-in look at it. */
  authTime?: Date;
  requestId: string;
  /** What the client calls the undertaking that this request is part of; the request stands for itself without. */
  correlationId?: string;
  idempotencyKey?: string;
  /**
   * SHA-256 in hex of what the client asked, where the edge tells: an idempotency key is bound to that and not to the
   * RPC made of it, which may hold more than the client sent.
   */
  requestDigest?: string;
  /** Where the request came from, as the edge saw it; absent for work that no client asked for. */
  client?: { address: string; userAgent: string };
  /** Where the call itself came from, in a service: that of a gateway, or of another service. */
  peerAddress?: string;
  /** The bearer token as received, to be forwarded to other services. Never logged. */
  token?: string;
}

/** A caller context that is known to act on one tenant. */
export type TenantContext = CallerContext & { tenantId: TenantId };

/**
 * The context of work that no user asked for: consumers and timed jobs.
 * The actor is the service, so that audit rows tell such work apart.
 */
export function systemContext(tenantId: TenantId, requestId: string = newId(), service = 'system'): TenantContext {
  return {
    actor: { kind: 'service', id: service },
    tenantId,
    role: undefined,
    platformAdmin: false,
    scopes: [],
    requestId,
  };
}

/** The context of a caller who has shown no token. */
export function anonymousContext(requestId: string = newId()): CallerContext {
  return {
    actor: { kind: 'anonymous', id: '' },
    tenantId: undefined,
    role: undefined,
    platformAdmin: false,
    scopes: [],
    requestId,
  };
}
