import type { Role } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import type { IdentityPrisma } from './database.ts';
import { userColumns } from './users.ts';

/** The person who owns the session's tenant. */
export async function findOwner(prisma: IdentityPrisma, tenantId: string): Promise<User | undefined> {
  const owner = await prisma.membership.findFirst({
    where: { tenantId, role: 'owner' },
    select: { user: { select: userColumns } },
  });
  return owner?.user;
}

/** Joins a person to the session's tenant; answers false where they have joined before. */
export async function insertMembership(
  prisma: IdentityPrisma,
  membership: { tenantId: string; userId: string; role: Role; createdAt: Date },
): Promise<boolean> {
  const { count } = await prisma.membership.createMany({ data: membership, skipDuplicates: true });
  return count === 1;
}
