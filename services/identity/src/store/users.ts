import type { User } from '../domain/person.ts';
import type { IdentityPrisma } from './database.ts';

/** What a person is made of at first. */
export interface NewUser extends User {
  passwordHash: string;
}

export const userColumns = {
  id: true,
  email: true,
  firstName: true,
  lastName: true,
  platformAdmin: true,
  createdAt: true,
} as const;

/** The person with this e-mail address, whatever its case. */
export function findUserByEmail(prisma: IdentityPrisma, email: string): Promise<User | null> {
  return prisma.user.findUnique({ where: { emailKey: email.toLowerCase() }, select: userColumns });
}

/** Makes the person; answers false where somebody else has the e-mail address already. */
export async function insertUser(prisma: IdentityPrisma, user: NewUser): Promise<boolean> {
  const { count } = await prisma.user.createMany({
    data: { ...user, updatedAt: user.createdAt },
    skipDuplicates: true,
  });
  return count === 1;
}
