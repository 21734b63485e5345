import type { Session } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import { toUser, type UserRow, userColumnsOf } from './users.ts';

type Queries = Pick<Session, 'query'>;
interface Statement {
  name: string;
  text: string;
}

/** Each change of a person is another version; nobody changes one without having locked them. */
const change = (name: string, what: string): Statement => ({
  name: `identity_${name}`,
  text: `
    update users
    set ${what}, version = users.version + 1, updated_at = $2
    where users.id = $1
    returning ${userColumnsOf('users')}`,
});

const rename = change('rename_user', 'first_name = $3, last_name = $4');
const verify = change('verify_user_email', 'email_verified_at = $2');
const readdress = change('change_user_email', 'email = $3, email_verified_at = $2');
const repassword = change('change_user_password', 'password_hash = $3');
const resetPassword = change(
  'reset_user_password',
  'password_hash = $3, email_verified_at = coalesce(users.email_verified_at, $2)',
);
const promote = change(
  'make_platform_admin',
  'platform_admin = true, password_hash = $3, email_verified_at = coalesce(users.email_verified_at, $2)',
);
/** The address is freed, no password has such a hash, and what is left says nothing of anybody. */
const erase = change(
  'erase_user',
  `email = 'erased-' || users.id || '@erased.invalid', first_name = 'Erased', last_name = 'person',
    password_hash = 'erased', email_verified_at = null, platform_admin = false,
    totp_secret = null, totp_enabled_at = null, totp_last_step = null, erased_at = $2`,
);

async function run(session: Queries, statement: Statement, values: readonly unknown[]): Promise<User> {
  const { rows } = await session.query<UserRow>(statement, values);
  if (!rows[0]) throw new Error('A person vanished while they were locked');
  return toUser(rows[0]);
}

export function renameUser(
  session: Queries,
  name: { userId: string; firstName: string; lastName: string; at: Date },
): Promise<User> {
  return run(session, rename, [name.userId, name.at, name.firstName, name.lastName]);
}

export function verifyUserEmail(session: Queries, userId: string, at: Date): Promise<User> {
  return run(session, verify, [userId, at]);
}

/** Gives a person another address, verified; answers undefined where somebody else has it. */
export async function changeUserEmail(
  session: Queries,
  address: { userId: string; email: string; at: Date },
): Promise<User | undefined> {
  try {
    return await run(session, readdress, [address.userId, address.at, address.email]);
  } catch (error) {
    // The transaction has failed by that, and the caller ends it.
    if (error instanceof Error && 'code' in error && error.code === '23505') return undefined;
    throw error;
  }
}

export function changeUserPassword(
  session: Queries,
  password: { userId: string; passwordHash: string; at: Date },
): Promise<User> {
  return run(session, repassword, [password.userId, password.at, password.passwordHash]);
}

/** The same for somebody whom a mailed token has proved: it proves their address too. */
export function resetUserPassword(
  session: Queries,
  password: { userId: string; passwordHash: string; at: Date },
): Promise<User> {
  return run(session, resetPassword, [password.userId, password.at, password.passwordHash]);
}

/** Gives the platform's office to somebody whose address the operator answers for, with the operator's password. */
export function makePlatformAdmin(
  session: Queries,
  password: { userId: string; passwordHash: string; at: Date },
): Promise<User> {
  return run(session, promote, [password.userId, password.at, password.passwordHash]);
}

/** Takes out of a person's row all that tells who they were. */
export function eraseUser(session: Queries, userId: string, at: Date): Promise<User> {
  return run(session, erase, [userId, at]);
}
