import type { identity } from '@outlay/contracts';
import { z } from 'zod';
import { instant, pageOf, renderInstant, text, uuid, version } from './common.ts';

/** From the authenticator, or a recovery code. */
const code = z.string().min(1).max(64).optional().meta({ description: 'Needed where the second factor is on.' });

export const reauthenticateBody = z
  .strictObject({ password: z.string().min(1).max(1024), code })
  .meta({ id: 'Reauthentication' });

export const freshTokenSchema = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds until the access token ends.' }),
  })
  .meta({ id: 'FreshToken', description: 'Counts as a fresh log-in for 15 minutes.' });

export const switchTenantBody = z
  .strictObject({ tenant_id: text(63).meta({ description: 'Its id or subdomain.' }) })
  .meta({ id: 'TenantSwitch' });

export const closedSessionSchema = z
  .strictObject({ session_id: uuid, revoked_at: instant })
  .meta({ id: 'ClosedSession' });

export const closedSessionsSchema = z
  .strictObject({ session_ids: z.array(uuid), revoked_at: instant })
  .meta({ id: 'ClosedSessions' });

const openSessionSchema = z
  .strictObject({
    id: uuid,
    tenant_id: uuid.nullable().meta({ description: 'Null outside of all tenants.' }),
    client_address: z.string().meta({ description: 'Where it was last used from; empty where nobody knows.' }),
    user_agent: z.string(),
    opened_at: instant,
    last_used_at: instant.meta({ description: 'The log-in, or the last refresh.' }),
    expires_at: instant,
    current: z.boolean().meta({ description: 'The one that asks.' }),
  })
  .meta({ id: 'OpenSession' });

export const openSessionPage = pageOf('OpenSessionPage', openSessionSchema);

const sessionHours = z
  .literal([24, 720])
  .meta({ description: 'How long a session lives from its last refresh: a day or thirty.' });

export const tenantSecuritySchema = z
  .strictObject({ session_hours: sessionHours, version })
  .meta({ id: 'TenantSecurity', description: 'How the people of the tenant sign in.' });

export const updateTenantSecurityBody = z
  .strictObject({ session_hours: sessionHours.optional() })
  .meta({ id: 'TenantSecurityChange' });

export const replaceTenantSecurityBody = z
  .strictObject({ session_hours: sessionHours })
  .meta({ id: 'TenantSecurityReplacement' });

export const rotateSigningKeysBody = z
  .strictObject({
    withdraw_old: z
      .boolean()
      .default(false)
      .meta({ description: 'Withdraws all keys before it at once, as after a leak: all access tokens end.' }),
  })
  .meta({ id: 'KeyRotation' });

export const rotatedSigningKeySchema = z
  .strictObject({ kid: z.string(), signs_from: instant.meta({ description: 'Until then it is only published.' }) })
  .meta({ id: 'RotatedSigningKey' });

export const closedSessionExample: z.input<typeof closedSessionSchema> = {
  session_id: '0197a3c0-7777-7000-8000-000000000001',
  revoked_at: '2025-01-15T17:00:00.000Z',
};

export const openSessionExample: z.input<typeof openSessionSchema> = {
  id: '0197a3c0-7777-7000-8000-000000000001',
  tenant_id: '0197a3c0-0000-7000-8000-000000000001',
  client_address: '192.0.2.7',
  user_agent: 'Mozilla/5.0',
  opened_at: '2025-01-15T09:00:00.000Z',
  last_used_at: '2025-01-15T16:30:00.000Z',
  expires_at: '2025-02-14T16:30:00.000Z',
  current: true,
};

export const tenantSecurityExample: z.input<typeof tenantSecuritySchema> = { session_hours: 720, version: 1 };

export function renderClosedSession(closed: { sessionId: string; revokedAt: Date | undefined }) {
  return { session_id: closed.sessionId, revoked_at: renderInstant(closed.revokedAt) };
}

export function renderOpenSession(session: identity.OpenSession): z.input<typeof openSessionSchema> {
  return {
    id: session.id,
    tenant_id: session.tenantId || null,
    client_address: session.clientAddress,
    user_agent: session.userAgent,
    opened_at: renderInstant(session.openedAt),
    last_used_at: renderInstant(session.lastUsedAt),
    expires_at: renderInstant(session.expiresAt),
    current: session.current,
  };
}

export function renderTenantSecurity(security: identity.TenantSecurity): z.input<typeof tenantSecuritySchema> {
  return {
    session_hours: security.sessionHours as z.output<typeof sessionHours>,
    version: Number(security.version),
  };
}
