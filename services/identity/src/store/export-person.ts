import type { Session, TenantId } from '@outlay/platform';
import { asSystem } from './as-system.ts';

type Queries = Pick<Session, 'query'>;
type Row = Record<string, unknown>;

/** Of each list the newest; whoever has more than that has them from the lists of the API. */
export const exportedMax = 1_000;

const profile = {
  name: 'identity_export_profile',
  text: `
    select users.id, users.email, users.first_name, users.last_name, users.platform_admin, users.email_verified_at,
      users.totp_enabled_at, users.created_at, users.updated_at,
      (
        select count(*)::integer from recovery_codes
        where recovery_codes.user_id = users.id and recovery_codes.used_at is null
      ) as recovery_codes_left
    from users
    where users.id = $1`,
};

const sessions = {
  name: 'identity_export_sessions',
  text: `
    select sessions.id, sessions.acting_tenant_id as tenant_id, sessions.client_address, sessions.user_agent,
      sessions.authenticated_at, sessions.opened_at, sessions.last_used_at, sessions.expires_at, sessions.revoked_at,
      sessions.revoked_reason
    from sessions
    where sessions.user_id = $1
    order by sessions.opened_at desc
    limit ${exportedMax}`,
};

/** Where somebody else acted, the place is the other's, and is not theirs to have. */
const securityEvents = {
  name: 'identity_export_security_events',
  text: `
    select security_events.tenant_id, security_events.id, security_events.kind, security_events.actor_kind,
      security_events.actor_id, security_events.user_id, security_events.details, security_events.recorded_at,
      case when own.is_own then security_events.client_address end as client_address,
      case when own.is_own then security_events.user_agent end as user_agent
    from security_events
    cross join lateral (
      select security_events.actor_kind = 'anonymous' or security_events.actor_id = $2 as is_own
    ) as own
    where security_events.user_id = $1 or (security_events.actor_kind = 'user' and security_events.actor_id = $2)
    order by security_events.recorded_at desc
    limit ${exportedMax}`,
};

const invitations = {
  name: 'identity_export_invitations',
  text: `
    select invitations.tenant_id, invitations.id, invitations.email, invitations.role, invitations.status,
      invitations.invited_at, invitations.expires_at, invitations.accepted_at
    from invitations
    where invitations.email_key = $2 or invitations.accepted_by = $1
    order by invitations.invited_at desc
    limit ${exportedMax}`,
};

const apiKeys = {
  name: 'identity_export_api_keys',
  text: `
    select api_keys.tenant_id, api_keys.id, api_keys.name, api_keys.scopes, api_keys.created_at, api_keys.expires_at,
      api_keys.last_used_at, api_keys.revoked_at
    from api_keys
    where api_keys.tenant_id = $1 and api_keys.created_by = $2
    order by api_keys.created_at desc
    limit ${exportedMax}`,
};

const rowsOf = async (session: Queries, statement: { name: string; text: string }, values: readonly unknown[]) =>
  (await session.query<Row>(statement, values)).rows;

/** What is kept of a person across all tenants. */
export async function exportPerson(
  session: Queries,
  person: { userId: string; emailKey: string },
): Promise<{ profile: Row; sessions: Row[]; securityEvents: Row[]; invitations: Row[] }> {
  const { userId, emailKey } = person;
  const [own = {}] = await rowsOf(session, profile, [userId]);
  return {
    profile: own,
    sessions: await rowsOf(session, sessions, [userId]),
    ...(await asSystem(session, async () => ({
      securityEvents: await rowsOf(session, securityEvents, [userId, userId]),
      invitations: await rowsOf(session, invitations, [userId, emailKey]),
    }))),
  };
}

/** The API keys that a person has made in the session's tenant. */
export function exportApiKeys(session: Queries, tenantId: TenantId, userId: string): Promise<Row[]> {
  return rowsOf(session, apiKeys, [tenantId, userId]);
}
