import type { IdentityDatabase, IdentityPrisma } from './database.ts';

/** The public part of an RSA key (RFC 7517). */
type PublicJwk = Record<'kid' | 'kty' | 'n' | 'e' | 'alg' | 'use', string>;

export interface SigningKeyRow {
  kid: string;
  /** PKCS #8 in PEM. */
  privateKey: string;
  publicJwk: PublicJwk;
  createdAt: Date;
  retiredAt: Date | undefined;
}

export interface SigningKeyStore {
  /** All keys, newest first. */
  list(): Promise<SigningKeyRow[]>;
  /** Stores this key unless there is one already, and answers what there is then. */
  insertFirst(key: SigningKeyRow): Promise<SigningKeyRow[]>;
}

export function createSigningKeyStore(database: IdentityDatabase): SigningKeyStore {
  return {
    list: () => database.withGlobal(({ prisma }) => listKeys(prisma), { readOnly: true }),
    insertFirst: (key) =>
      database.withGlobal(async (session) => {
        // Replicas start together: the second waits here, then finds the first one's key.
        await session.query(`select pg_advisory_xact_lock(hashtextextended('first signing key', 0))`);
        if ((await session.prisma.signingKey.count()) === 0) await session.prisma.signingKey.create({ data: key });
        return listKeys(session.prisma);
      }),
  };
}

async function listKeys(prisma: IdentityPrisma): Promise<SigningKeyRow[]> {
  const rows = await prisma.signingKey.findMany({ orderBy: { createdAt: 'desc' } });
  return rows.map((row) => ({
    ...row,
    publicJwk: row.publicJwk as PublicJwk,
    retiredAt: row.retiredAt ?? undefined,
  }));
}
