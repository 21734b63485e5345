import type { Role, Session } from '@outlay/platform';
import type { Member, User } from '../domain/person.ts';
import type { IdentityPrisma } from './database.ts';
import { toUser, type UserRow, userColumns, userColumnsOf } from './users.ts';

/** The person who owns the session's tenant. */
export async function findOwner(prisma: IdentityPrisma, tenantId: string): Promise<User | undefined> {
  const owner = await prisma.membership.findFirst({
    where: { tenantId, role: 'owner' },
    select: { user: { select: userColumns } },
  });
  return owner ? toUser(owner.user) : undefined;
}

/** Goes on from the version that an earlier membership had come to. */
const insert = {
  name: 'identity_insert_membership',
  text: `
    insert into memberships (tenant_id, user_id, role, version, created_at)
    select $1::uuid, $2::uuid, $3, coalesce(max(former.last_version), 0) + 1, $4::timestamptz
    from former_members as former
    where former.tenant_id = $1 and former.user_id = $2
    on conflict do nothing
    returning memberships.version`,
};

/** Joins a person to the session's tenant; answers the version of the membership, undefined where they have joined before. */
export async function insertMembership(
  session: Pick<Session, 'query'>,
  membership: { tenantId: string; userId: string; role: Role; createdAt: Date },
): Promise<bigint | undefined> {
  const { tenantId, userId, role, createdAt } = membership;
  const { rows } = await session.query<{ version: bigint }>(insert, [tenantId, userId, role, createdAt]);
  return rows[0]?.version;
}

const memberColumns = `
  ${userColumnsOf('users')},
  memberships.role, memberships.created_at as "joinedAt", memberships.version as "membershipVersion"`;

type MemberRow = UserRow & { role: Role; joinedAt: Date; membershipVersion: bigint };

function toMember(row: MemberRow): Member {
  return { user: toUser(row), role: row.role, joinedAt: row.joinedAt, version: row.membershipVersion };
}

const selectOne = {
  name: 'identity_select_member',
  text: `
    select ${memberColumns}
    from memberships
    join users on users.id = memberships.user_id
    where memberships.tenant_id = $1 and memberships.user_id = $2`,
};

/** A member of the session's tenant. */
export async function findMember(
  session: Pick<Session, 'query'>,
  tenantId: string,
  userId: string,
): Promise<Member | undefined> {
  const { rows } = await session.query<MemberRow>(selectOne, [tenantId, userId]);
  return rows[0] && toMember(rows[0]);
}

/** The name that lists are ordered by; code points, so that every server orders alike. */
const nameKey = `lower(users.first_name || ' ' || users.last_name) collate "C"`;

const selectPage = {
  name: 'identity_select_members',
  text: `
    select ${memberColumns}, ${nameKey} as "nameKey"
    from memberships
    join users on users.id = memberships.user_id
    where memberships.tenant_id = $1
      and ($2::text is null or memberships.role = $2)
      and ($3::text is null or (${nameKey}, users.id) > ($3, $4::uuid))
    order by ${nameKey}, users.id
    limit $5`,
};

/** Where a page of members ends. */
export interface MemberPosition {
  name: string;
  id: string;
}

/** Members by name, those of one role where it is given, each with its place in the order. */
export async function listMembers(
  session: Pick<Session, 'query'>,
  list: { tenantId: string; role: Role | undefined; after: MemberPosition | undefined; limit: number },
): Promise<{ member: Member; position: MemberPosition }[]> {
  const { tenantId, role, after, limit } = list;
  const values = [tenantId, role ?? null, after?.name ?? null, after?.id ?? null, limit];
  const { rows } = await session.query<MemberRow & { nameKey: string }>(selectPage, values);
  return rows.map((row) => ({ member: toMember(row), position: { name: row.nameKey, id: row.id } }));
}

const updateRole = {
  name: 'identity_update_member_role',
  text: `
    update memberships set role = $3, version = version + 1
    where memberships.tenant_id = $1 and memberships.user_id = $2
    returning memberships.version`,
};

/** Gives a member another role; answers the new version. */
export async function updateMemberRole(
  session: Pick<Session, 'query'>,
  change: { tenantId: string; userId: string; role: Role },
): Promise<bigint> {
  const { tenantId, userId, role } = change;
  const { rows } = await session.query<{ version: bigint }>(updateRole, [tenantId, userId, role]);
  if (!rows[0]) throw new Error('A member vanished while the tenant was locked');
  return rows[0].version;
}

const remove = {
  name: 'identity_delete_membership',
  text: `
    with gone as (
      delete from memberships
      where memberships.tenant_id = $1 and memberships.user_id = $2
      returning memberships.version
    )
    insert into former_members (tenant_id, user_id, last_version, left_at)
    select $1::uuid, $2::uuid, gone.version + 1, $3::timestamptz
    from gone
    on conflict (tenant_id, user_id) do update set last_version = excluded.last_version, left_at = excluded.left_at
    returning former_members.last_version as version`,
};

/** Takes a person out of the session's tenant; answers the version that their membership ends with. */
export async function deleteMembership(
  session: Pick<Session, 'query'>,
  gone: { tenantId: string; userId: string; leftAt: Date },
): Promise<bigint | undefined> {
  const { rows } = await session.query<{ version: bigint }>(remove, [gone.tenantId, gone.userId, gone.leftAt]);
  return rows[0]?.version;
}

const hold = {
  name: 'identity_hold_membership',
  text: `
    select memberships.role
    from memberships
    where memberships.tenant_id = $1 and memberships.user_id = $2
    for share`,
};

/**
 * The role that a person has in the session's tenant, which nobody changes before the transaction has ended. Whoever
 * opens a session asks for it in the same transaction: a role that is taken away at that moment closes the new session
 * too, or is seen here.
 */
export async function holdRole(
  session: Pick<Session, 'query'>,
  tenantId: string,
  userId: string,
): Promise<Role | undefined> {
  const { rows } = await session.query<{ role: Role }>(hold, [tenantId, userId]);
  return rows[0]?.role;
}
