import type { Role } from '@outlay/platform';
import { emailKey } from '../domain/email-key.ts';
import type { Membership, User } from '../domain/person.ts';
import type { IdentityDatabase } from './database.ts';
import { toUser, type UserRow } from './users.ts';

/** A person with all their memberships, by name of the tenant. */
export interface Person {
  user: User;
  passwordHash: string;
  memberships: Membership[];
}

/** It crosses tenants, which only the system role may. Whoever was erased is nobody. */
const selectPerson = `
  select
    users.id, users.email, users.first_name as "firstName", users.last_name as "lastName",
    users.platform_admin as "platformAdmin", users.email_verified_at as "emailVerifiedAt",
    users.totp_enabled_at as "totpEnabledAt", users.version, users.created_at as "createdAt",
    users.password_hash as "passwordHash",
    memberships.tenant_id as "tenantId", memberships.role, tenants.name as "tenantName", tenants.subdomain
  from users
  left join memberships on memberships.user_id = users.id
  left join tenants on tenants.tenant_id = memberships.tenant_id`;

const byEmail = {
  name: 'identity_select_person_by_email',
  text: `${selectPerson}
    where users.email_key = $1 and users.erased_at is null
    order by tenants.name, memberships.tenant_id`,
};

const byId = {
  name: 'identity_select_person_by_id',
  text: `${selectPerson}
    where users.id = $1 and users.erased_at is null
    order by tenants.name, memberships.tenant_id`,
};

type PersonRow = UserRow & { passwordHash: string } & {
  tenantId: string | null;
  role: Role | null;
  tenantName: string | null;
  subdomain: string | null;
};

/** One query, whether the person exists or not, so that it takes as long for a stranger. */
export function findPersonByEmail(database: IdentityDatabase, email: string): Promise<Person | undefined> {
  return findPerson(database, byEmail, emailKey(email));
}

export function findPersonById(database: IdentityDatabase, userId: string): Promise<Person | undefined> {
  return findPerson(database, byId, userId);
}

async function findPerson(
  database: IdentityDatabase,
  statement: { name: string; text: string },
  key: string,
): Promise<Person | undefined> {
  const { rows } = await database.withSystem((session) => session.query<PersonRow>(statement, [key]), {
    readOnly: true,
  });
  const [first] = rows;
  if (!first) return undefined;
  return {
    user: toUser(first),
    passwordHash: first.passwordHash,
    memberships: rows.flatMap(({ tenantId, role, tenantName, subdomain }) =>
      tenantId && role ? [{ tenantId, role, tenantName: tenantName ?? '', subdomain: subdomain ?? '' }] : [],
    ),
  };
}
