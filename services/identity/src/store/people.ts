import type { Role } from '@outlay/platform';
import type { Membership, User } from '../domain/person.ts';
import type { IdentityDatabase } from './database.ts';

/** A person with all their memberships, by name of the tenant. */
export interface Person {
  user: User;
  passwordHash: string;
  memberships: Membership[];
}

/** It crosses tenants, which only the system role may. */
const selectPerson = `
  select
    users.id, users.email, users.first_name as "firstName", users.last_name as "lastName",
    users.platform_admin as "platformAdmin", users.created_at as "createdAt", users.password_hash as "passwordHash",
    memberships.tenant_id as "tenantId", memberships.role, tenants.name as "tenantName", tenants.subdomain
  from users
  left join memberships on memberships.user_id = users.id
  left join tenants on tenants.tenant_id = memberships.tenant_id`;

const byEmail = {
  name: 'identity_select_person_by_email',
  text: `${selectPerson}
    where users.email_key = lower($1)
    order by tenants.name, memberships.tenant_id`,
};

const byId = {
  name: 'identity_select_person_by_id',
  text: `${selectPerson}
    where users.id = $1
    order by tenants.name, memberships.tenant_id`,
};

type PersonRow = User & { passwordHash: string } & {
  tenantId: string | null;
  role: Role | null;
  tenantName: string | null;
  subdomain: string | null;
};

/** One query, whether the person exists or not, so that it takes as long for a stranger. */
export function findPersonByEmail(database: IdentityDatabase, email: string): Promise<Person | undefined> {
  return findPerson(database, byEmail, email);
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
  const { id, email, firstName, lastName, platformAdmin, createdAt, passwordHash } = first;
  return {
    user: { id, email, firstName, lastName, platformAdmin, createdAt },
    passwordHash,
    memberships: rows.flatMap(({ tenantId, role, tenantName, subdomain }) =>
      tenantId && role ? [{ tenantId, role, tenantName: tenantName ?? '', subdomain: subdomain ?? '' }] : [],
    ),
  };
}
