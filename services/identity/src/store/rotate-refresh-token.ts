import type { Role } from '@outlay/platform';
import { refreshTokenMs, rotationGraceMs } from '../domain/lifetimes.ts';
import type { Membership, User } from '../domain/person.ts';
import type { IdentityDatabase } from './database.ts';

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
 * that one successor comes of any number. The session's tenant becomes the transaction's tenant in `opened`; the two
 * subqueries on tenant tables depend on its row, so they cannot run before that.
 */
const rotate = {
  name: 'identity_rotate_refresh_token',
  text: `
    with presented as materialized (
      select token.token_hash, token.session_id, token.expires_at, token.rotated_at, token.successor_hash,
        token.sealed_successor
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
    verdict as materialized (
      select
        case
          when opened.revoked_at is not null or presented.expires_at <= $4 then 'refused'
          when presented.rotated_at is null then 'rotated'
          when presented.rotated_at > $4::timestamptz - $6 * interval '1 millisecond' and not exists (
            select from refresh_tokens as successor
            where successor.token_hash = presented.successor_hash and successor.rotated_at is not null
          ) then 'repeated'
          else 'reused'
        end as outcome,
        presented.token_hash, presented.sealed_successor
      from presented
      cross join opened
    ),
    replaced as (
      update refresh_tokens as token
      set rotated_at = $4, successor_hash = $2, sealed_successor = $3
      from verdict
      where verdict.outcome = 'rotated' and token.token_hash = verdict.token_hash
    ),
    issued as (
      insert into refresh_tokens (token_hash, session_id, issued_at, expires_at)
      select $2, opened.id, $4, $5
      from verdict
      cross join opened
      where verdict.outcome = 'rotated'
    ),
    used as (
      update sessions as session
      set last_used_at = $4, expires_at = $5
      from verdict, opened
      where verdict.outcome = 'rotated' and session.id = opened.id
    )
    select
      verdict.outcome, verdict.sealed_successor as "sealedSuccessor",
      opened.id as "sessionId", opened.acting_tenant_id as "actingTenantId",
      opened.authenticated_at as "authenticatedAt",
      users.id, users.email, users.first_name as "firstName", users.last_name as "lastName",
      users.platform_admin as "platformAdmin", users.created_at as "createdAt",
      (
        select membership.role from memberships as membership
        where membership.tenant_id = opened.acting_tenant_id and membership.user_id = opened.user_id
          and opened.scope is not null
      ) as role,
      (
        select jsonb_build_object('tenantName', tenant.name, 'subdomain', tenant.subdomain) from tenants as tenant
        where tenant.tenant_id = opened.acting_tenant_id and opened.scope is not null
      ) as tenant
    from verdict
    cross join opened
    join users on users.id = opened.user_id`,
};

type RotationRow = User & {
  outcome: Rotation['outcome'];
  sealedSuccessor: Buffer | null;
  sessionId: string;
  actingTenantId: string | null;
  authenticatedAt: Date;
  role: Role | null;
  tenant: { tenantName: string; subdomain: string } | null;
};

/** Presents a token by its hash and offers a successor, which is taken when the token is a session's current one. */
export async function rotateRefreshToken(
  database: IdentityDatabase,
  presentedHash: Buffer,
  successor: { hash: Buffer; sealed: Buffer },
  now: Date,
): Promise<Rotation> {
  const expiresAt = new Date(now.getTime() + refreshTokenMs);
  const values = [presentedHash, successor.hash, successor.sealed, now, expiresAt, rotationGraceMs];
  const [row] = await database.once<RotationRow>(rotate, values);
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
    user: {
      id: row.id,
      email: row.email,
      firstName: row.firstName,
      lastName: row.lastName,
      platformAdmin: row.platformAdmin,
      createdAt: row.createdAt,
    },
    membership: actingTenantId && role && tenant ? { tenantId: actingTenantId, role, ...tenant } : undefined,
  };
}
