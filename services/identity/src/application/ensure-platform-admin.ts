import { anonymousContext, type CallerContext, newId } from '@outlay/platform';
import { emailKey } from '../domain/email-key.ts';
import type { User } from '../domain/person.ts';
import { makePlatformAdmin } from '../store/change-user.ts';
import type { IdentitySession } from '../store/database.ts';
import { deleteOneTimeTokens } from '../store/one-time-tokens.ts';
import { disableTotp } from '../store/second-factors.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { lockPerson } from './lock-person.ts';
import { noteCredentials } from './tell-tenants.ts';

/**
 * Makes sure that the platform admin of the configuration exists. Whoever registered the e-mail address before comes
 * neither into the office nor in the way of who holds it: when a known person becomes platform admin, the password of the
 * configuration takes the place of theirs, all their sessions are closed, and second factor, recovery codes and mailed
 * tokens are forgotten. The address counts as verified, as the operator answers for it. A platform admin who has changed
 * any of that since keeps it.
 */
export function createEnsurePlatformAdmin(dependencies: IdentityDependencies) {
  const { database, passwords, revocations, clock, logger } = dependencies;

  return async (admin: { email: string; password: string }): Promise<void> => {
    const where = { emailKey: emailKey(admin.email) };
    const existing = await database.withGlobal(({ prisma }) => prisma.user.findUnique({ where }), { readOnly: true });
    if (existing?.platformAdmin) return;

    const passwordHash = await passwords.hash(admin.password);
    const at = clock();
    const closed = await database.withGlobal(async (session) => {
      const { prisma } = session;
      const fresh = { id: newId(), email: admin.email, firstName: 'Platform', lastName: 'Admin', createdAt: at };
      // Replicas start together; the second one's row is skipped, and it finds the office filled.
      await prisma.user.createMany({
        data: { ...fresh, platformAdmin: true, emailVerifiedAt: at, passwordHash, updatedAt: at },
        skipDuplicates: true,
      });
      const { id } = await prisma.user.findUniqueOrThrow({ where, select: { id: true } });
      const { user } = await lockPerson(session, id);
      return user.platformAdmin ? [] : promote(session, user, { passwordHash, at });
    });
    await revocations.add(closed);
    logger.info('platform admin ensured');
  };
}

/** Leaves nothing by which the person came in before; answers the sessions that were closed. */
async function promote(
  session: IdentitySession,
  { id: userId, totpEnabled }: User,
  { passwordHash, at }: { passwordHash: string; at: Date },
): Promise<string[]> {
  const context: CallerContext = { ...anonymousContext(), actor: { kind: 'service', id: 'identity' } };
  await disableTotp(session, userId, at);
  await deleteOneTimeTokens(session, userId);
  const user = await makePlatformAdmin(session, { userId, passwordHash, at });
  const closed = await closeSessions(session, context, { userId, reason: 'password_reset', revokedAt: at });
  await noteCredentials(session, context, user, { kind: 'password.reset', change: 'password_reset', at });
  if (totpEnabled) {
    await noteCredentials(session, context, user, { kind: 'totp.disabled', change: 'totp_disabled', at });
  }
  return closed;
}
