import { hash } from 'node:crypto';
import type { Session, TenantContext } from '@outlay/platform';
import { findRepeated, type IdentifiedRow, type PurchaseKey } from './claim-purchases.ts';
import type { Purchase } from './file/parse-row.ts';

/**
 * For whom an import claims purchases. They are claimed for the tenant: whoever imports the statement of a card, its rows are
 * booked once. What a member brings that names no account and has no id of its source is claimed for them alone: a
 * colleague may have bought the same on the same day.
 */
export interface ClaimSpace {
  userId: string;
  /** Whether a member sent it. */
  isOwn: boolean;
  /** Whether the user has imported anything as a member, and does not any more. */
  hasOwn?: boolean;
}

/** The space of an import that is read now. */
export async function findClaimSpace(
  session: Session,
  context: TenantContext,
  { userId, claimsOwn: isOwn }: { userId: string; claimsOwn: boolean },
): Promise<ClaimSpace> {
  if (isOwn) return { userId, isOwn };
  const { rowCount } = await session.query(ownSpaceStatement, [context.tenantId, userId]);
  return { userId, isOwn, hasOwn: rowCount !== 0 };
}

/** Whether nothing but what it says tells a purchase apart. */
export const isPersonal = ({ account }: Purchase, sourceKey: Buffer | undefined): boolean =>
  account === undefined && sourceKey === undefined;

/** The key of a purchase among those of one user. */
export const ownKey = ({ digest, ordinal }: PurchaseKey, userId: string): PurchaseKey => ({
  digest: hash('sha256', JSON.stringify(['own', userId, digest.toString('hex')]), 'buffer').subarray(0, 16),
  ordinal,
});

/**
 * What rows of a member repeat that is claimed for all, by line: those that became their own expenses, as before members had
 * claims of their own, or when they were admins. What others claim for all is not theirs.
 */
export async function findOwnAmongAll(
  session: Session,
  context: TenantContext,
  userId: string,
  rows: readonly IdentifiedRow[],
): Promise<ReadonlyMap<number, string>> {
  const personal = rows.flatMap(({ line, keyAmongAll }) =>
    keyAmongAll ? [{ line, keys: [keyAmongAll] as const }] : [],
  );
  if (personal.length === 0) return new Map();
  const found = await findRepeated(session, context, personal);
  const { rows: owned } = await session.query<{ id: string }>(ownedStatement, [
    ...[context.tenantId, found.filter((id) => id !== undefined), userId],
  ]);
  const own = new Set(owned.map(({ id }) => id));
  return new Map(
    personal.flatMap(({ line }, index) => {
      const id = found[index];
      return id !== undefined && own.has(id) ? [[line, id]] : [];
    }),
  );
}

const ownSpaceStatement = {
  name: 'find_own_claims',
  text: `
select from imports
where imports.tenant_id = $1 and imports.user_id = $2 and imports.claims_own
limit 1`,
};

const ownedStatement = {
  name: 'find_owned_expenses',
  text: `
select expenses.id from expenses
where expenses.tenant_id = $1 and expenses.id = any ($2::uuid[]) and expenses.user_id = $3`,
};
