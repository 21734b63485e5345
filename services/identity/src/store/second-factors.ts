import type { Session } from '@outlay/platform';

/** Of any number who show one code at once, the first moves the step on and the others find it moved (RFC 6238, 5.2). */
const takeStep = {
  name: 'identity_take_totp_step',
  text: `
    update users
    set totp_last_step = $3
    where users.id = $1 and users.totp_secret = $2 and coalesce(users.totp_last_step, -1) < $3`,
};

const isStepFree = {
  name: 'identity_is_totp_step_free',
  text: `
    select 1 as free
    from users
    where users.id = $1 and users.totp_secret = $2 and coalesce(users.totp_last_step, -1) < $3`,
};

const takeCode = {
  name: 'identity_take_recovery_code',
  text: `
    update recovery_codes
    set used_at = $3
    where recovery_codes.user_id = $1 and recovery_codes.code_hash = $2 and recovery_codes.used_at is null`,
};

const isCodeUnused = {
  name: 'identity_is_recovery_code_unused',
  text: `
    select 1 as unused
    from recovery_codes
    where recovery_codes.user_id = $1 and recovery_codes.code_hash = $2 and recovery_codes.used_at is null`,
};

const deleteCodes = {
  name: 'identity_delete_recovery_codes',
  text: `delete from recovery_codes where recovery_codes.user_id = $1`,
};

const insertCodes = {
  name: 'identity_insert_recovery_codes',
  text: `
    insert into recovery_codes (user_id, code_hash, created_at)
    select $1::uuid, code_hash, $3::timestamptz
    from unnest($2::bytea[]) as code_hash`,
};

const enroll = {
  name: 'identity_enroll_totp',
  text: `
    update users
    set totp_secret = $2, totp_enabled_at = null, totp_last_step = null, updated_at = $3
    where users.id = $1`,
};

const enable = {
  name: 'identity_enable_totp',
  text: `
    update users
    set totp_enabled_at = $2, version = version + 1, updated_at = $2
    where users.id = $1`,
};

const disable = {
  name: 'identity_disable_totp',
  text: `
    update users
    set totp_secret = null, totp_enabled_at = null, totp_last_step = null, version = version + 1, updated_at = $2
    where users.id = $1`,
};

type Queries = Pick<Session, 'query'>;

/** Uses up the codes up to a time step; answers false where that has happened before or the secret is another one. */
export async function takeTotpStep(
  session: Queries,
  shown: { userId: string; sealedSecret: Buffer; step: number },
): Promise<boolean> {
  const { rowCount } = await session.query(takeStep, [shown.userId, shown.sealedSecret, shown.step]);
  return rowCount === 1;
}

export async function isTotpStepFree(
  session: Queries,
  shown: { userId: string; sealedSecret: Buffer; step: number },
): Promise<boolean> {
  const { rowCount } = await session.query(isStepFree, [shown.userId, shown.sealedSecret, shown.step]);
  return rowCount === 1;
}

/** Uses up a recovery code; answers false where there is none such, or not any more. */
export async function takeRecoveryCode(
  session: Queries,
  shown: { userId: string; codeHash: Buffer; usedAt: Date },
): Promise<boolean> {
  const { rowCount } = await session.query(takeCode, [shown.userId, shown.codeHash, shown.usedAt]);
  return rowCount === 1;
}

export async function isRecoveryCodeUnused(
  session: Queries,
  shown: { userId: string; codeHash: Buffer },
): Promise<boolean> {
  const { rowCount } = await session.query(isCodeUnused, [shown.userId, shown.codeHash]);
  return rowCount === 1;
}

/** Puts new recovery codes in the place of the person's present ones. */
export async function replaceRecoveryCodes(
  session: Queries,
  codes: { userId: string; hashes: readonly Buffer[]; createdAt: Date },
): Promise<void> {
  await session.query(deleteCodes, [codes.userId]);
  await session.query(insertCodes, [codes.userId, codes.hashes, codes.createdAt]);
}

/** Keeps a secret that counts once it is enabled. */
export async function enrollTotp(
  session: Queries,
  enrolment: { userId: string; sealedSecret: Buffer; at: Date },
): Promise<void> {
  await session.query(enroll, [enrolment.userId, enrolment.sealedSecret, enrolment.at]);
}

export async function enableTotp(session: Queries, userId: string, at: Date): Promise<void> {
  await session.query(enable, [userId, at]);
}

/** Forgets the secret and the recovery codes. */
export async function disableTotp(session: Queries, userId: string, at: Date): Promise<void> {
  await session.query(disable, [userId, at]);
  await session.query(deleteCodes, [userId]);
}

export async function deleteRecoveryCodes(session: Queries, userId: string): Promise<void> {
  await session.query(deleteCodes, [userId]);
}
