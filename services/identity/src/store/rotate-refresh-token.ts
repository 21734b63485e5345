import type { Database, Role } from '@outlay/platform';
import { rotationGraceMs, sessionHoursDefault } from '../domain/lifetimes.ts';
import type { Membership, User } from '../domain/person.ts';
import type { IdentitySession } from './database.ts';
import { toUser, type UserRow } from './users.ts';

/** What became of a refresh token that was presented. */
export type Rotation =
  | { outcome: 'rotated'; session: RefreshedSession }
  /** It was rotated a moment ago; its successor is unsealed with it. */
  | { outcome: 'repeated'; session: RefreshedSession; sealedSuccessor: Buffer }
  /** It was rotated long ago: somebody holds a copy. */
  | { outcome: 'reused'; session: RefreshedSession }
  | { outcome: 'refused' };

export interface RefreshedSession {
  id: string;
  tenantId: string | undefined;
  authenticatedAt: Date;
  user: User;
  /** Absent outside any tenant, and where the person belongs to it no more. */
  membership: Membership | undefined;
}

/**
 * Exchanges a refresh token in one round trip: locks it, judges it, puts the successor in its place, and reads who
 * the session belongs to.
 *
 * `for update` makes concurrent callers with one token stand in line and then see what the first of them did, so
 * that one successor comes of any number. The session's tenant becomes the transaction's tenant in `opened`; the
 * subqueries on tenant tables depend on its row, so they cannot run before that.
 *
 * How long a token is good is asked of the tenant as it is now: one that shortens its sessions shortens those that are
 * open as well.
 */
const rotate = {
  name: 'identity_rotate_refresh_token',
  text: `
    with presented as materialized (
      select token.token_hash, token.session_id, token.issued_at, token.expires_at, token.rotated_at,
        token.successor_hash, token.sealed_successor
      from refresh_tokens as token
      where token.token_hash = $1
      for update
    ),
    opened as materialized (
      select session.id, session.user_id, session.acting_tenant_id, session.authenticated_at, session.revoked_at,
        set_config('app.tenant_id', coalesce(session.acting_tenant_id::text, ''), true) as scope
      from sessions as session
      where session.id = (select presented.session_id from presented)
    ),
    home as materialized (
      select opened.id,
        (
          select
            jsonb_build_object('tenantName', tenant.name, 'subdomain', tenant.subdomain, 'hours', tenant.session_hours)
          from tenants as tenant
          where tenant.tenant_id = opened.acting_tenant_id and opened.scope is not null
        ) as tenant
      from opened
    ),
    term as materialized (
      select home.id, home.tenant,
        interval '1 hour' * coalesce((home.tenant ->> 'hours')::int, ${sessionHoursDefault}) as life
      from home
    ),
    verdict as materialized (
      select
        case
          when opened.revoked_at is not null or least(presented.expires_at, presented.issued_at + term.life) <= $4
            then 'refused'
          when presented.rotated_at is null then 'rotated'
          when presented.rotated_at > $4::timestamptz - $5 * interval '1 millisecond' and not exists (
            select from refresh_tokens as successor
            where successor.token_hash = presented.successor_hash and successor.rotated_at is not null
          ) then 'repeated'
          else 'reused'
        end as outcome,
        presented.token_hash, presented.sealed_successor
      from presented
      cross join opened
      cross join term
    ),
    replaced as (
      update refresh_tokens as token
      set rotated_at = $4, successor_hash = $2, sealed_successor = $3
      from verdict
      where verdict.outcome = 'rotated' and token.token_hash = verdict.token_hash
    ),
    issued as (
      insert into refresh_tokens (token_hash, session_id, issued_at, expires_at)
      select $2, term.id, $4, $4 + term.life
      from verdict
      cross join term
      where verdict.outcome = 'rotated'
    ),
    used as (
      update sessions as session
      set last_used_at = $4, expires_at = $4 + term.life,
        client_address = coalesce($6, session.client_address), user_agent = coalesce($7, session.user_agent)
      from verdict, term
      where verdict.outcome = 'rotated' and session.id = term.id
    )
    select
      verdict.outcome, verdict.sealed_successor as "sealedSuccessor",
      opened.id as "sessionId", opened.acting_tenant_id as "actingTenantId",
      opened.authenticated_at as "authenticatedAt",
      users.id, users.email, users.first_name as "firstName", users.last_name as "lastName",
      users.platform_admin as "platformAdmin", users.email_verified_at as "emailVerifiedAt",
      users.totp_enabled_at as "totpEnabledAt", users.version, users.created_at as "createdAt",
      (
        select membership.role from memberships as membership
        where membership.tenant_id = opened.acting_tenant_id and membership.user_id = opened.user_id
          and opened.scope is not null
      ) as role,
      term.tenant
    from verdict
    cross join opened
    cross join term
    join users on users.id = opened.user_id`,
};

type RotationRow = UserRow & {
  outcome: Rotation['outcome'];
  sealedSuccessor: Buffer | null;
  sessionId: string;
  actingTenantId: string | null;
  authenticatedAt: Date;
  role: Role | null;
  tenant: { tenantName: string; subdomain: string } | null;
};

/** A token that is presented, by its hash, and the successor that is offered in its place. */
export interface Presentation {
  presentedHash: Buffer;
  offer: { hash: Buffer; sealed: Buffer };
  now: Date;
  /** Where it is presented from. */
  client: { address: string; userAgent: string } | undefined;
}

/** Presents a token; the successor is taken when the token is a session's current one. */
export async function rotateRefreshToken(database: Pick<Database, 'once'>, given: Presentation): Promise<Rotation> {
  return toRotation(await database.once<RotationRow>(rotate, valuesOf(given)));
}

/** The same within a transaction, which is one of the token's tenant from then on. */
export async function rotateRefreshTokenIn(session: IdentitySession, given: Presentation): Promise<Rotation> {
  return toRotation((await session.query<RotationRow>(rotate, valuesOf(given))).rows);
}

const selectSession = {
  name: 'identity_select_session_of_token',
  text: `
    select session.id as "sessionId", session.acting_tenant_id as "tenantId"
    from refresh_tokens as token
    join sessions as session on session.id = token.session_id
    where token.token_hash = $1`,
};

/** The session that a refresh token belongs to, whether or not the token is still good. */
export async function findSessionOfToken(
  session: IdentitySession,
  hash: Buffer,
): Promise<{ sessionId: string; tenantId: string | null } | undefined> {
  const { rows } = await session.query<{ sessionId: string; tenantId: string | null }>(selectSession, [hash]);
  return rows[0];
}

function valuesOf({ presentedHash, offer, now, client }: Presentation): unknown[] {
  const { address = null, userAgent = null } = client ?? {};
  return [presentedHash, offer.hash, offer.sealed, now, rotationGraceMs, address, userAgent];
}

function toRotation([row]: readonly RotationRow[]): Rotation {
  if (!row || row.outcome === 'refused') return { outcome: 'refused' };
  const session = toRefreshedSession(row);
  if (row.outcome !== 'repeated') return { outcome: row.outcome, session };
  if (!row.sealedSuccessor) throw new Error('A rotated token has no successor');
  return { outcome: 'repeated', session, sealedSuccessor: row.sealedSuccessor };
}

function toRefreshedSession(row: RotationRow): RefreshedSession {
  const { actingTenantId, role, tenant } = row;
  return {
    id: row.sessionId,
    tenantId: actingTenantId ?? undefined,
    authenticatedAt: row.authenticatedAt,
    user: toUser(row),
    membership:
      actingTenantId && role && tenant
        ? { tenantId: actingTenantId, role, tenantName: tenant.tenantName, subdomain: tenant.subdomain }
        : undefined,
  };
}
