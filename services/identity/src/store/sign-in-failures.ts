import type { IdentityDatabase, IdentitySession } from './database.ts';

/** Why an attempt to sign in failed. Only those whom it concerns are ever told. */
export type FailureReason = 'wrong_password' | 'not_a_member' | 'wrong_code' | 'code_missing';

/** An attempt to sign in that failed. */
export interface SignInFailure {
  id: string;
  email: string;
  /** The tenant that was to be entered, where one was named. */
  namedTenantId: string | undefined;
  reason: FailureReason;
  clientAddress: string;
  userAgent: string;
  requestId: string;
  attemptedAt: Date;
}

/** One round trip, the same for a stranger as for somebody who is known. */
const insert = {
  name: 'identity_insert_sign_in_failure',
  text: `
    insert into sign_in_failures
      (id, email, named_tenant_id, reason, client_address, user_agent, request_id, attempted_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

/** Taken with the transaction that tells of them: if it fails, they are there again. Another process takes others. */
const take = {
  name: 'identity_take_sign_in_failures',
  text: `
    delete from sign_in_failures
    where sign_in_failures.id in (
      select failure.id from sign_in_failures as failure
      order by failure.id
      limit $1
      for update skip locked
    )
    returning id, email, named_tenant_id as "namedTenantId", reason, client_address as "clientAddress",
      user_agent as "userAgent", request_id as "requestId", attempted_at as "attemptedAt"`,
};

export async function insertSignInFailure(database: IdentityDatabase, failure: SignInFailure): Promise<void> {
  await database.once(insert, [
    failure.id,
    failure.email,
    failure.namedTenantId ?? null,
    failure.reason,
    failure.clientAddress,
    failure.userAgent,
    failure.requestId,
    failure.attemptedAt,
  ]);
}

/** Takes some of them out of the table, oldest first. */
export async function takeSignInFailures(session: IdentitySession, count: number): Promise<SignInFailure[]> {
  type Row = Omit<SignInFailure, 'namedTenantId'> & { namedTenantId: string | null };
  const { rows } = await session.query<Row>(take, [count]);
  return rows
    .map((row) => ({ ...row, namedTenantId: row.namedTenantId ?? undefined }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}
