import { escapeIdentifier, escapeLiteral } from 'pg';
import { type AdminConnection, withAdminLock } from './admin-lock.ts';
import { migrationsSchema, ownerRole, rolePassword, scramVerifier, serviceRole, systemRole } from './role-names.ts';

/**
 * Makes what migrations build on: the owner role and, per schema, the schema itself, its login role, its system
 * role and an empty schema `<schema>_jobs` that the service's job queue may own. Idempotent, and safe to run by
 * several processes at once, on several databases of one server too. adminUrl names a role that may create roles.
 */
export async function provisionDatabase(adminUrl: string, schemas: readonly string[]): Promise<void> {
  for (const schema of schemas) {
    if (!/^[a-z][a-z0-9_]{0,40}$/.test(schema)) throw new RangeError(`${schema} cannot be the name of a schema`);
  }
  await withAdminLock(adminUrl, async (connection) => {
    await ensureRole(connection, ownerRole, 'nologin');
    await lendRole(connection, ownerRole);
    await connection.query(`create schema if not exists ${migrationsSchema} authorization ${ownerRole}`);
    for (const schema of schemas) await provisionSchema(connection, schema);
  });
}

async function provisionSchema(connection: AdminConnection, schema: string): Promise<void> {
  const login = serviceRole(schema);
  const system = systemRole(schema);
  await ensureRole(connection, login, 'login noinherit');
  await ensureRole(connection, system, 'nologin');
  const [granted] = await connection.query<{ is_member: boolean }>(
    `select exists (
       select from pg_auth_members as membership
       where membership.roleid = ${escapeLiteral(system)}::regrole and membership.member = ${escapeLiteral(login)}::regrole
     ) as is_member`,
  );
  if (!granted?.is_member) await retryShared(() => connection.query(`grant ${system} to ${login}`));

  const name = escapeIdentifier(schema);
  await connection.query(`create schema if not exists ${name} authorization ${ownerRole}`);
  await connection.query(`grant usage on schema ${name} to ${login}, ${system}`);
  // Kept with the role, not with the database, so that it also holds in a copy of the database.
  await retryShared(() => connection.query(`alter role ${login} set search_path = ${name}`));
  const jobs = escapeIdentifier(`${schema}_jobs`);
  await lendRole(connection, login);
  await connection.query(`create schema if not exists ${jobs} authorization ${login}`);
}

async function ensureRole(connection: AdminConnection, role: string, attributes: string): Promise<void> {
  const rows = await connection.query(
    `select role.oid from pg_roles as role where role.rolname = ${escapeLiteral(role)}`,
  );
  const canLogIn = attributes.startsWith('login');
  const password = canLogIn ? ` password ${escapeLiteral(scramVerifier(role, rolePassword(role)))}` : '';
  const verb = rows.length === 0 ? 'create' : 'alter';
  if (verb === 'alter' && !canLogIn) return;
  await retryShared(async () => {
    try {
      await connection.query(`${verb} role ${role} with ${attributes}${password}`);
    } catch (error) {
      // Made by a process that works on another database of this server a moment ago.
      if (!hasCode(error, '42710', '23505')) throw error;
    }
  });
}

/** Roles are shared by all databases while advisory locks are not, so two databases being provisioned can collide on a row. */
async function retryShared(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      // XX000 is "tuple concurrently updated".
      if (attempt >= 20 || !hasCode(error, 'XX000', '23505', '40001', '40P01')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20 * attempt));
    }
  }
}

/** Making things for another role needs membership in it, which a superuser has already. */
async function lendRole(connection: AdminConnection, role: string): Promise<void> {
  const [admin] = await connection.query<{ is_superuser: boolean }>(
    'select role.rolsuper as is_superuser from pg_roles as role where role.rolname = current_user',
  );
  if (!admin?.is_superuser) await retryShared(() => connection.query(`grant ${role} to current_user`));
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
