import { sessionHoursDefault } from '../domain/lifetimes.ts';
import { hashRefreshToken } from '../domain/refresh-token.ts';
import type { IdentityDatabase, IdentitySession } from './database.ts';
import type { PagePosition } from './page-position.ts';

export interface NewSession {
  id: string;
  userId: string;
  /** What it descends from: the id of the session that a log-in opened, its own one there. */
  familyId: string;
  actingTenantId: string | undefined;
  /** When the person proved who they are. */
  authenticatedAt: Date;
  openedAt: Date;
  client: { address: string; userAgent: string };
  refreshToken: string;
}

/**
 * How long it lives is the tenant's to say, and outside any tenant nobody's. Those of one person are opened one after the
 * other, so that whoever counts them next sees them all.
 */
const insert = {
  name: 'identity_insert_session',
  text: `
    with turn as materialized (
      select pg_advisory_xact_lock(hashtextextended('sessions ' || $2::uuid, 0))
    ),
    opened as (
      insert into sessions
        (id, user_id, acting_tenant_id, authenticated_at, opened_at, last_used_at, expires_at, client_address, user_agent,
         family_id)
      select $1, $2, $3, $4, $5, $5, $5::timestamptz + interval '1 hour' * coalesce(
        (select tenant.session_hours from tenants as tenant where tenant.tenant_id = $3::uuid), ${sessionHoursDefault}
      ), $6, $7, $9
      from turn
      returning sessions.id, sessions.expires_at
    )
    insert into refresh_tokens (token_hash, session_id, issued_at, expires_at)
    select $8, opened.id, $5, opened.expires_at
    from opened`,
};

/** Opens a session with its first refresh token. */
export async function insertSession(session: IdentitySession, opened: NewSession): Promise<void> {
  const refreshTokenHash = hashRefreshToken(opened.refreshToken);
  if (!refreshTokenHash) throw new Error('A token of our own making is not one');
  await session.query(insert, [
    opened.id,
    opened.userId,
    opened.actingTenantId ?? null,
    opened.authenticatedAt,
    opened.openedAt,
    opened.client.address,
    opened.client.userAgent,
    refreshTokenHash,
    opened.familyId,
  ]);
}

/** Why a session was closed before its end. */
export type RevocationReason =
  | 'logout'
  | 'logout_everywhere'
  | 'revoked'
  | 'refresh_token_reused'
  | 'password_changed'
  | 'password_reset'
  | 'role_changed'
  | 'member_removed'
  | 'erased'
  | 'too_many';

/** Which of a person's open sessions are closed, and why. */
export interface ClosingSessions {
  userId: string;
  reason: RevocationReason;
  revokedAt: Date;
  /** Only the ones that act in this tenant. */
  tenantId?: string;
  /** Only the family of this one, which itself need not be open. */
  familyOf?: string | undefined;
  /** All but this one. */
  exceptSessionId?: string | undefined;
  /** Only those used longest ago, so that no more than so many of the others stay open. */
  keep?: number;
}

/** Ids in one order, so that two who close the same sessions do not deadlock. */
const revoke = {
  name: 'identity_revoke_sessions',
  text: `
    with doomed as materialized (
      select session.id
      from sessions as session
      where session.user_id = $1 and session.revoked_at is null
        and ($4::uuid is null or session.acting_tenant_id = $4)
        and (
          $5::uuid is null or session.family_id = (
            select origin.family_id from sessions as origin where origin.id = $5 and origin.user_id = $1
          )
        )
        and ($6::uuid is null or session.id <> $6)
        and (
          $7::int is null or session.id in (
            select other.id
            from sessions as other
            where other.user_id = $1 and other.revoked_at is null and other.expires_at > $2
              and ($6::uuid is null or other.id <> $6)
            order by other.last_used_at desc, other.id desc
            offset $7
          )
        )
      order by session.id
      for update
    )
    update sessions as session
    set revoked_at = $2, revoked_reason = $3
    from doomed
    where session.id = doomed.id
    returning session.id, session.acting_tenant_id as "actingTenantId"`,
};

/** Closes sessions; answers those that were open. */
export async function revokeSessions(
  session: IdentitySession,
  closing: ClosingSessions,
): Promise<{ id: string; actingTenantId: string | null }[]> {
  const { userId, revokedAt, reason, tenantId, familyOf, exceptSessionId, keep } = closing;
  const values = [userId, revokedAt, reason, tenantId ?? null, familyOf ?? null, exceptSessionId ?? null, keep ?? null];
  const { rows } = await session.query<{ id: string; actingTenantId: string | null }>(revoke, values);
  return rows;
}

/** A session as its person sees it. */
export interface OpenSession {
  id: string;
  tenantId: string | undefined;
  clientAddress: string;
  userAgent: string;
  openedAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
}

const selectOpen = {
  name: 'identity_select_open_sessions',
  text: `
    select session.id, session.acting_tenant_id as "actingTenantId", session.client_address as "clientAddress",
      session.user_agent as "userAgent", session.opened_at as "openedAt", session.last_used_at as "lastUsedAt",
      session.expires_at as "expiresAt"
    from sessions as session
    where session.user_id = $1 and session.revoked_at is null and session.expires_at > $2
      and ($3::timestamptz is null or (session.last_used_at, session.id) < ($3, $4::uuid))
    order by session.last_used_at desc, session.id desc
    limit $5`,
};

/** A person's open sessions, the one last used first, behind a place in that order. */
export async function listOpenSessions(
  database: IdentityDatabase,
  query: { userId: string; now: Date; after: PagePosition | undefined; count: number },
): Promise<OpenSession[]> {
  const { userId, now, after, count } = query;
  type Row = Omit<OpenSession, 'tenantId'> & { actingTenantId: string | null };
  const rows = await database.once<Row>(selectOpen, [userId, now, after?.at ?? null, after?.id ?? null, count]);
  return rows.map(({ actingTenantId, ...row }) => ({ ...row, tenantId: actingTenantId ?? undefined }));
}

const prove = {
  name: 'identity_prove_session_again',
  text: `
    update sessions as session
    set authenticated_at = $3, last_used_at = $3
    where session.id = $1 and session.user_id = $2 and session.revoked_at is null
    returning session.id`,
};

/** Notes that a session's person has proved who they are; answers false where it is closed. */
export async function proveSessionAgain(
  session: IdentitySession,
  proof: { sessionId: string; userId: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await session.query(prove, [proof.sessionId, proof.userId, proof.at]);
  return rowCount === 1;
}

const selectOrigin = {
  name: 'identity_select_session_origin',
  text: `
    select session.authenticated_at as "authenticatedAt", session.family_id as "familyId",
      session.acting_tenant_id as "actingTenantId"
    from sessions as session
    where session.id = $1 and session.user_id = $2 and session.revoked_at is null`,
};

/** What another session inherits from an open one. */
export interface SessionOrigin {
  /** When its person last proved who they are. */
  authenticatedAt: Date;
  familyId: string;
  actingTenantId: string | null;
}

/** An open session of a person, as another one comes of it; undefined where it is closed. */
export async function findOrigin(
  session: IdentitySession,
  { sessionId, userId }: { sessionId: string; userId: string },
): Promise<SessionOrigin | undefined> {
  const { rows } = await session.query<SessionOrigin>(selectOrigin, [sessionId, userId]);
  return rows[0];
}

/** Every gateway asks for this twice a second, hence one round trip. */
const selectRevoked = {
  name: 'identity_select_revoked_sessions',
  text: `
    select sessions.id, sessions.revoked_at
    from sessions
    where sessions.revoked_at >= $1
    union
    select secrets.api_key_id, secrets.revoked_at
    from api_key_secrets as secrets
    where secrets.revoked_at >= $1
    order by revoked_at`,
};

/** The sessions closed, and the API keys revoked, at or after an instant, oldest first. */
export async function listRevokedSessionIds(database: IdentityDatabase, since: Date): Promise<string[]> {
  const sessions = await database.once<{ id: string }>(selectRevoked, [since]);
  return sessions.map((session) => session.id);
}
