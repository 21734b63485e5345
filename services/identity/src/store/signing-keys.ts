import type { KeyTerm } from '../domain/key-schedule.ts';
import type { IdentityDatabase, IdentitySession } from './database.ts';

/** The public part of an RSA key (RFC 7517). */
type PublicJwk = Record<'kid' | 'kty' | 'n' | 'e' | 'alg' | 'use', string>;

export interface SigningKeyRow extends KeyTerm {
  /** PKCS #8 in PEM, sealed; undefined of a key that signs no more. */
  sealedPrivateKey: Buffer | undefined;
  publicJwk: PublicJwk;
}

export type NewSigningKey = Pick<SigningKeyRow, 'kid' | 'publicJwk' | 'createdAt'> & { sealedPrivateKey: Buffer };

/** Keys from before there was a beginning signed from their making on. */
const select = {
  name: 'identity_select_signing_keys',
  text: `
    select key.kid, key.sealed_private_key as "sealedPrivateKey", key.public_jwk as "publicJwk",
      key.created_at as "createdAt", coalesce(key.signs_from, key.created_at) as "signsFrom",
      key.retired_at as "retiredAt", key.withdrawn_at as "withdrawnAt"
    from signing_keys as key
    order by key.created_at desc, key.kid`,
};

/** Whoever changes keys does so one after the other: replicas start together, and their timed work may come twice. */
const lock = {
  name: 'identity_lock_signing_keys',
  text: `select pg_advisory_xact_lock(hashtextextended('signing keys', 0))`,
};

const insert = {
  name: 'identity_insert_signing_key',
  text: `
    insert into signing_keys (kid, sealed_private_key, public_jwk, created_at, signs_from)
    values ($1, $2, $3, $4, $5)`,
};

const retire = {
  name: 'identity_retire_signing_keys',
  text: `
    update signing_keys as key
    set retired_at = $2
    where key.kid <> $1 and (key.retired_at is null or key.retired_at > $2)`,
};

const withdraw = {
  name: 'identity_withdraw_signing_keys',
  text: `
    update signing_keys as key
    set withdrawn_at = $2, retired_at = least(key.retired_at, $2), sealed_private_key = null, private_key = null
    where key.kid <> $1 and key.withdrawn_at is null`,
};

const forget = {
  name: 'identity_forget_signing_keys',
  text: `
    update signing_keys as key
    set sealed_private_key = null, private_key = null
    where key.retired_at < $1 and (key.sealed_private_key is not null or key.private_key is not null)
    returning 1`,
};

const selectPlain = {
  name: 'identity_select_plain_signing_keys',
  text: `
    select key.kid, key.private_key as "privateKey"
    from signing_keys as key
    where key.private_key is not null`,
};

const seal = {
  name: 'identity_seal_signing_key',
  text: `
    update signing_keys as key
    set sealed_private_key = $2, private_key = null
    where key.kid = $1 and key.private_key is not null`,
};

/** All keys, newest first. */
export async function listSigningKeys(session: IdentitySession): Promise<SigningKeyRow[]> {
  const { rows } = await session.query<{ [K in keyof SigningKeyRow]: SigningKeyRow[K] | null }>(select);
  return rows.map(
    (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined])) as never,
  );
}

/** The same, once nobody else changes them before the transaction has ended. */
export async function takeSigningKeys(session: IdentitySession): Promise<SigningKeyRow[]> {
  await session.query(lock);
  return listSigningKeys(session);
}

/**
 * Adds a key that signs from `signsFrom` on, until when those before it do; `withdraw` takes these back at once.
 * To be called with the keys taken.
 */
export async function addSigningKey(
  session: IdentitySession,
  key: NewSigningKey,
  plan: { signsFrom: Date; withdrawOld: boolean },
): Promise<void> {
  const { kid, sealedPrivateKey, publicJwk, createdAt } = key;
  await session.query(insert, [kid, sealedPrivateKey, publicJwk, createdAt, plan.signsFrom]);
  await session.query(plan.withdrawOld ? withdraw : retire, [kid, plan.signsFrom]);
}

/** Forgets the private halves of keys that signed for the last time before an instant; answers how many. */
export async function forgetPrivateKeys(database: IdentityDatabase, before: Date): Promise<number> {
  return (await database.once(forget, [before])).length;
}

/** Seals what lies about plain, from before keys were sealed. */
export async function sealSigningKeys(
  session: IdentitySession,
  sealKey: (kid: string, privateKey: string) => Buffer,
): Promise<void> {
  const { rows } = await session.query<{ kid: string; privateKey: string }>(selectPlain);
  for (const { kid, privateKey } of rows) await session.query(seal, [kid, sealKey(kid, privateKey)]);
}
