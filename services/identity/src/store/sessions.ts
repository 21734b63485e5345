import type { IdentityDatabase, IdentityPrisma } from './database.ts';

export interface NewSession {
  id: string;
  userId: string;
  actingTenantId: string | undefined;
  openedAt: Date;
  expiresAt: Date;
  refreshTokenHash: Buffer;
}

/** Opens a session with its first refresh token. */
export async function insertSession(prisma: IdentityPrisma, session: NewSession): Promise<void> {
  const { id, userId, actingTenantId, openedAt, expiresAt, refreshTokenHash } = session;
  await prisma.session.create({
    data: { id, userId, actingTenantId, authenticatedAt: openedAt, openedAt, lastUsedAt: openedAt, expiresAt },
  });
  await prisma.refreshToken.create({
    data: { tokenHash: Uint8Array.from(refreshTokenHash), sessionId: id, issuedAt: openedAt, expiresAt },
  });
}

/** Why a session was closed before its end. */
export type RevocationReason = 'logout' | 'refresh_token_reused';

/** Closes a person's session; answers false where it was closed before, or never was. */
export async function revokeSession(
  prisma: IdentityPrisma,
  revocation: { sessionId: string; userId: string; reason: RevocationReason; revokedAt: Date },
): Promise<boolean> {
  const { sessionId: id, userId, reason, revokedAt } = revocation;
  const { count } = await prisma.session.updateMany({
    where: { id, userId, revokedAt: null },
    data: { revokedAt, revokedReason: reason },
  });
  return count === 1;
}

/** Every gateway asks for this twice a second, hence one round trip. */
const selectRevoked = {
  name: 'identity_select_revoked_sessions',
  text: `
    select sessions.id
    from sessions
    where sessions.revoked_at >= $1
    order by sessions.revoked_at`,
};

/** The sessions closed at or after an instant, oldest first. */
export async function listRevokedSessionIds(database: IdentityDatabase, since: Date): Promise<string[]> {
  const sessions = await database.once<{ id: string }>(selectRevoked, [since]);
  return sessions.map((session) => session.id);
}
