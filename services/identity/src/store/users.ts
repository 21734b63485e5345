import { emailKey } from '../domain/email-key.ts';
import type { User } from '../domain/person.ts';
import type { IdentityPrisma } from './database.ts';

/** What a person is made of at first. */
export interface NewUser {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  passwordHash: string;
  /** Known from the start where the address was proved or somebody answers for it. */
  emailVerifiedAt?: Date;
  createdAt: Date;
}

export const userColumns = {
  id: true,
  email: true,
  firstName: true,
  lastName: true,
  platformAdmin: true,
  emailVerifiedAt: true,
  totpEnabledAt: true,
  version: true,
  createdAt: true,
} as const;

/** The same columns for statements, of users under the name that the statement gives it. */
export const userColumnsOf = (users: string) => `
  ${users}.id, ${users}.email, ${users}.first_name as "firstName", ${users}.last_name as "lastName",
  ${users}.platform_admin as "platformAdmin", ${users}.email_verified_at as "emailVerifiedAt",
  ${users}.totp_enabled_at as "totpEnabledAt", ${users}.version, ${users}.created_at as "createdAt"`;

/** A person as their row has them. */
export type UserRow = Omit<User, 'emailVerified' | 'totpEnabled'> & {
  emailVerifiedAt: Date | null;
  totpEnabledAt: Date | null;
};

export function toUser(row: UserRow): User {
  const { id, email, firstName, lastName, platformAdmin, emailVerifiedAt, totpEnabledAt, version, createdAt } = row;
  return {
    id,
    email,
    firstName,
    lastName,
    platformAdmin,
    emailVerified: emailVerifiedAt !== null,
    totpEnabled: totpEnabledAt !== null,
    version,
    createdAt,
  };
}

/** The person that a new row makes. */
export function newUser({ passwordHash: _passwordHash, emailVerifiedAt, ...user }: NewUser): User {
  return toUser({
    ...user,
    platformAdmin: false,
    emailVerifiedAt: emailVerifiedAt ?? null,
    totpEnabledAt: null,
    version: 1n,
  });
}

/** The person with this e-mail address, whatever its case. */
export async function findUserByEmail(prisma: IdentityPrisma, email: string): Promise<User | null> {
  const row = await prisma.user.findUnique({ where: { emailKey: emailKey(email) }, select: userColumns });
  return row && toUser(row);
}

/** Makes the person; answers false where somebody else has the e-mail address already. */
export async function insertUser(prisma: IdentityPrisma, user: NewUser): Promise<boolean> {
  const { count } = await prisma.user.createMany({
    data: { ...user, updatedAt: user.createdAt },
    skipDuplicates: true,
  });
  return count === 1;
}

/** Notes that a person has shown that they read what is mailed to their address. */
export async function markEmailVerified(prisma: IdentityPrisma, userId: string, at: Date): Promise<User> {
  const row = await prisma.user.update({
    where: { id: userId },
    data: { emailVerifiedAt: at, version: { increment: 1 }, updatedAt: at },
    select: userColumns,
  });
  return toUser(row);
}
