import type { Session } from '@outlay/platform';
import type { Invitation, InvitationStatus } from '../domain/invitation.ts';
import type { IdentityDatabase } from './database.ts';

type Queries = Pick<Session, 'query'>;

/** One that is pending beyond its term has expired, whether or not that was noted. `$now` is the statement's instant. */
const statusAt = (now: string) =>
  `case when invitations.status = 'pending' and invitations.expires_at <= ${now} then 'expired' else invitations.status end`;

const columnsAt = (now: string) => `
  invitations.id, invitations.email, invitations.role, ${statusAt(now)} as status,
  invitations.invited_by as "invitedBy", invitations.invited_at as "invitedAt",
  invitations.expires_at as "expiresAt", invitations.accepted_at as "acceptedAt", invitations.version,
  invitations.occasion, invitations.token_hash as "tokenHash"`;

/** An invitation with what is not shown of it. */
export interface StoredInvitation extends Invitation {
  /** How often it was mailed. */
  occasion: number;
  tokenHash: Buffer;
}

type Row = Omit<StoredInvitation, 'acceptedAt'> & { acceptedAt: Date | null };

const toInvitation = (row: Row): StoredInvitation => ({ ...row, acceptedAt: row.acceptedAt ?? undefined });

const expireLapsed = {
  name: 'identity_expire_invitation',
  text: `
    update invitations
    set status = 'expired', version = version + 1
    where invitations.tenant_id = $1 and invitations.email_key = lower($2) and invitations.status = 'pending'
      and invitations.expires_at <= $3`,
};

const selectPending = {
  name: 'identity_select_pending_invitation',
  text: `
    select ${columnsAt('$3')}
    from invitations
    where invitations.tenant_id = $1 and invitations.email_key = lower($2) and invitations.status = 'pending'`,
};

/** The open invitation of an address in the session's tenant; one that has lapsed is noted as expired. */
export async function findPending(
  session: Queries,
  tenantId: string,
  { email, now }: { email: string; now: Date },
): Promise<StoredInvitation | undefined> {
  await session.query(expireLapsed, [tenantId, email, now]);
  const { rows } = await session.query<Row>(selectPending, [tenantId, email, now]);
  return rows[0] && toInvitation(rows[0]);
}

const insert = {
  name: 'identity_insert_invitation',
  text: `
    insert into invitations (tenant_id, id, email, role, invited_by, token_hash, invited_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

export async function insertInvitation(
  session: Queries,
  tenantId: string,
  invitation: Pick<StoredInvitation, 'id' | 'email' | 'role' | 'invitedBy' | 'tokenHash' | 'invitedAt' | 'expiresAt'>,
): Promise<void> {
  const { id, email, role, invitedBy, tokenHash, invitedAt, expiresAt } = invitation;
  await session.query(insert, [tenantId, id, email, role, invitedBy, tokenHash, invitedAt, expiresAt]);
}

const selectForUpdate = {
  name: 'identity_lock_invitation',
  text: `
    select ${columnsAt('$3')}
    from invitations
    where invitations.tenant_id = $1 and invitations.id = $2
    for update`,
};

/** An invitation of the session's tenant, which nobody else changes before the transaction has ended. */
export async function lockInvitation(
  session: Queries,
  tenantId: string,
  { id, now }: { id: string; now: Date },
): Promise<StoredInvitation | undefined> {
  const { rows } = await session.query<Row>(selectForUpdate, [tenantId, id, now]);
  return rows[0] && toInvitation(rows[0]);
}

const renew = {
  name: 'identity_renew_invitation',
  text: `
    update invitations
    set token_hash = $3, invited_at = $4, expires_at = $5, occasion = occasion + 1, version = version + 1
    where invitations.tenant_id = $1 and invitations.id = $2 and invitations.status = 'pending'`,
};

/** Gives an invitation another token and term; answers false where it is closed, or was noted as expired. */
export async function renewInvitation(
  session: Queries,
  tenantId: string,
  renewal: { id: string; tokenHash: Buffer; at: Date; expiresAt: Date },
): Promise<boolean> {
  const values = [tenantId, renewal.id, renewal.tokenHash, renewal.at, renewal.expiresAt];
  const { rowCount } = await session.query(renew, values);
  return rowCount === 1;
}

const revoke = {
  name: 'identity_revoke_invitation',
  text: `
    update invitations
    set status = 'revoked', version = version + 1
    where invitations.tenant_id = $1 and invitations.id = $2`,
};

export async function markRevoked(session: Queries, tenantId: string, id: string): Promise<void> {
  await session.query(revoke, [tenantId, id]);
}

const accept = {
  name: 'identity_accept_invitation',
  text: `
    update invitations
    set status = 'accepted', accepted_at = $3, accepted_by = $4, version = version + 1
    where invitations.tenant_id = $1 and invitations.id = $2`,
};

export async function markAccepted(
  session: Queries,
  tenantId: string,
  acceptance: { id: string; at: Date; userId: string },
): Promise<void> {
  await session.query(accept, [tenantId, acceptance.id, acceptance.at, acceptance.userId]);
}

const selectPage = {
  name: 'identity_select_invitations',
  text: `
    select ${columnsAt('$2')}
    from invitations
    where invitations.tenant_id = $1
      and ($3::text is null or ${statusAt('$2')} = $3)
      and ($4::uuid is null or invitations.id < $4)
    order by invitations.id desc
    limit $5`,
};

/** The invitations of the session's tenant, newest first. */
export async function listInvitations(
  session: Queries,
  tenantId: string,
  list: { status: InvitationStatus | undefined; now: Date; after: string | undefined; limit: number },
): Promise<StoredInvitation[]> {
  const values = [tenantId, list.now, list.status ?? null, list.after ?? null, list.limit];
  const { rows } = await session.query<Row>(selectPage, values);
  return rows.map(toInvitation);
}

/** Whoever holds a token names no tenant: this crosses all of them, which only the system role may. */
const selectByToken = {
  name: 'identity_select_invitation_by_token',
  text: `
    select ${columnsAt('$2')}, invitations.tenant_id as "tenantId", tenants.name as "tenantName", tenants.subdomain,
      exists (select from users where users.email_key = invitations.email_key) as "knownPerson"
    from invitations
    join tenants on tenants.tenant_id = invitations.tenant_id
    where invitations.token_hash = $1`,
};

/** An invitation as its invitee finds it. */
export interface FoundInvitation extends StoredInvitation {
  tenantId: string;
  tenantName: string;
  subdomain: string;
  /** Whether somebody has the address. */
  knownPerson: boolean;
}

export async function findInvitationByToken(
  database: IdentityDatabase,
  { tokenHash, now }: { tokenHash: Buffer; now: Date },
): Promise<FoundInvitation | undefined> {
  type FoundRow = Row & Omit<FoundInvitation, keyof StoredInvitation>;
  const { rows } = await database.withSystem((session) => session.query<FoundRow>(selectByToken, [tokenHash, now]), {
    readOnly: true,
  });
  return rows[0] && { ...rows[0], ...toInvitation(rows[0]) };
}

const countMailed = {
  name: 'identity_count_invitations_mailed',
  text: `
    select count(*) as mailed, min(security_events.recorded_at) as "firstAt"
    from security_events
    where security_events.tenant_id = $1 and security_events.kind = 'member.invited' and security_events.recorded_at > $2`,
};

/** How many invitations the session's tenant has mailed since an instant, and when the first of them was. */
export async function countInvitationsMailed(
  session: Queries,
  tenantId: string,
  since: Date,
): Promise<{ mailed: number; firstAt: Date | undefined }> {
  const { rows } = await session.query<{ mailed: bigint; firstAt: Date | null }>(countMailed, [tenantId, since]);
  return { mailed: Number(rows[0]?.mailed ?? 0), firstAt: rows[0]?.firstAt ?? undefined };
}
