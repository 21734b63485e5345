import { newId } from '@outlay/platform';
import type { IdentityDependencies } from './dependencies.ts';

/**
 * Makes sure that the platform admin of the configuration exists. The password is set when the user is made or first
 * becomes platform admin, so that whoever registered the e-mail address before does not come into the office with a
 * password of their own; a platform admin who has changed it since keeps it.
 */
export function createEnsurePlatformAdmin({ database, passwords, clock, logger }: IdentityDependencies) {
  return async (admin: { email: string; password: string }): Promise<void> => {
    const where = { emailKey: admin.email.toLowerCase() };
    const existing = await database.withGlobal(({ prisma }) => prisma.user.findUnique({ where }), { readOnly: true });
    if (existing?.platformAdmin) return;

    const passwordHash = await passwords.hash(admin.password);
    const now = clock();
    await database.withGlobal(async ({ prisma }) => {
      const fresh = { id: newId(), email: admin.email, firstName: 'Platform', lastName: 'Admin', createdAt: now };
      // Replicas start together; the second one's row is skipped and its update finds the office filled.
      await prisma.user.createMany({
        data: { ...fresh, platformAdmin: true, passwordHash, updatedAt: now },
        skipDuplicates: true,
      });
      await prisma.user.updateMany({
        where: { ...where, platformAdmin: false },
        data: { platformAdmin: true, passwordHash, version: { increment: 1 }, updatedAt: now },
      });
    });
    logger.info('platform admin ensured');
  };
}
