import { type Session, type TenantId, toTenantId } from '@outlay/platform';
import { asSystem } from './as-system.ts';

type Queries = Pick<Session, 'query'>;

/** Where somebody acted or was acted upon, whether or not they still belong there. */
const selectTenants = {
  name: 'identity_select_tenants_with_traces',
  text: `
    select security_events.tenant_id as "tenantId"
    from security_events
    where security_events.user_id = $1 or (security_events.actor_kind = 'user' and security_events.actor_id = $2)
    union
    select invitations.tenant_id
    from invitations
    where invitations.email_key = $3 or invitations.accepted_by = $1
    order by 1`,
};

/** The tenants in whose logs or invitations a person appears, in the order of their ids. */
export async function tenantsWithTraces(
  session: Queries,
  person: { userId: string; emailKey: string },
): Promise<TenantId[]> {
  const { userId, emailKey } = person;
  const { rows } = await asSystem(session, () =>
    session.query<{ tenantId: string }>(selectTenants, [userId, userId, emailKey]),
  );
  return rows.map(({ tenantId }) => toTenantId(tenantId));
}

/** Of an entry about somebody by another the place is the other's; of a failed log-in it may be theirs. */
const blankEvents = {
  name: 'identity_blank_security_events',
  text: `
    update security_events
    set client_address = '', user_agent = ''
    where (security_events.actor_kind = 'user' and security_events.actor_id = $2)
      or (security_events.actor_kind = 'anonymous' and security_events.user_id = $1)`,
};

const blankSessions = {
  name: 'identity_blank_sessions',
  text: `update sessions set client_address = '', user_agent = '' where sessions.user_id = $1`,
};

/** Forgets from where a person signed in and acted, in all tenants. */
export async function blankPlaces(session: Queries, userId: string): Promise<void> {
  await asSystem(session, () => session.query(blankEvents, [userId, userId]));
  await session.query(blankSessions, [userId]);
}

const scrubInvitations = {
  name: 'identity_scrub_invitations',
  text: `
    update invitations
    set email = 'erased-' || invitations.id || '@erased.invalid',
      status = case when invitations.status = 'pending' then 'revoked' else invitations.status end,
      version = invitations.version + 1
    where invitations.tenant_id = $1 and (invitations.email_key = $3 or invitations.accepted_by = $2)
    returning invitations.id`,
};

/** Forgets whom the session's tenant invited, where it was this person; one that is open is open no more. Answers the ids. */
export async function scrubInvitationsOf(
  session: Queries,
  tenantId: TenantId,
  person: { userId: string; emailKey: string },
): Promise<string[]> {
  const { rows } = await session.query<{ id: string }>(scrubInvitations, [tenantId, person.userId, person.emailKey]);
  return rows.map(({ id }) => id);
}
