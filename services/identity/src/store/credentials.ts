import type { Session } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import type { IdentityDatabase } from './database.ts';
import { toUser, type UserRow, userColumnsOf } from './users.ts';

/** A person with what they prove themselves by. */
export interface Credentials {
  user: User;
  passwordHash: string;
  /** Also of an enrolment that awaits its first code: `user.totpEnabled` tells. */
  sealedTotpSecret: Buffer | undefined;
  erasedAt: Date | undefined;
}

type CredentialsRow = UserRow & {
  passwordHash: string;
  sealedTotpSecret: Buffer | null;
  erasedAt: Date | null;
};

const byId = `
  select ${userColumnsOf('users')},
    users.password_hash as "passwordHash", users.totp_secret as "sealedTotpSecret", users.erased_at as "erasedAt"
  from users
  where users.id = $1`;

const select = { name: 'identity_select_credentials', text: byId };

/** Whoever signs in holds them: they cannot change before the new session is there, to be closed with the others. */
const hold = { name: 'identity_hold_credentials', text: `${byId} for share` };

/** Whoever changes them takes them, one after the other. Memberships may be written meanwhile. */
const take = { name: 'identity_take_credentials', text: `${byId} for no key update` };

/** Nothing may refer to somebody anew while they are erased. */
const takeForErasure = { name: 'identity_take_credentials_for_erasure', text: `${byId} for update` };

/** The credentials of a person; undefined for nobody. */
export async function findCredentials(database: IdentityDatabase, userId: string): Promise<Credentials | undefined> {
  return toCredentials(await database.once<CredentialsRow>(select, [userId]));
}

/**
 * The same within a transaction, to whose end nobody changes them. Whoever checked a password before it compares the
 * hash again.
 */
export async function lockCredentials(
  session: Pick<Session, 'query'>,
  userId: string,
  purpose: 'sign in' | 'change' | 'erase',
): Promise<Credentials | undefined> {
  const statement = { 'sign in': hold, change: take, erase: takeForErasure }[purpose];
  return toCredentials((await session.query<CredentialsRow>(statement, [userId])).rows);
}

function toCredentials([row]: readonly CredentialsRow[]): Credentials | undefined {
  if (!row) return undefined;
  const { passwordHash, sealedTotpSecret, erasedAt } = row;
  return {
    user: toUser(row),
    passwordHash,
    sealedTotpSecret: sealedTotpSecret ?? undefined,
    erasedAt: erasedAt ?? undefined,
  };
}
