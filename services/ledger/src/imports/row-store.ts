import type { Session, TenantId } from '@outlay/platform';

/** A row that can be booked, and what tells it apart from all others of the tenant. */
export interface IdentifiedRow {
  line: number;
  fingerprint: Buffer;
  /** Its place among the equal rows of its file, from 1. */
  ordinal: number;
}

/** What became of a row. */
export interface RowFate {
  line: number;
  fate: 'imported' | 'duplicate' | 'refused';
  /** The expense made of it, or the one it repeats; none where it was refused. */
  expenseId?: string;
  /** Of a refused row. */
  fault?: { column: string; code: string; reason: string };
}

/**
 * Claims the purchases that nobody has imported yet for the expenses they are to become, and answers the ids of those
 * expenses. An import that is claiming the same purchase at this moment is waited for; they go in by fingerprint, so
 * that two imports never wait for each other.
 */
export async function claimPurchases(
  session: Session,
  context: { tenantId: TenantId },
  rows: readonly (IdentifiedRow & { expenseId: string })[],
): Promise<ReadonlySet<string>> {
  const { rows: claimed } = await session.query<{ expense_id: string }>(claimStatement, [
    ...[context.tenantId, ...keysOf(rows), rows.map((row) => row.expenseId)],
  ]);
  return new Set(claimed.map((row) => row.expense_id));
}

/** The expenses that rows repeat, in the order of the rows. */
export async function findClaimed(
  session: Session,
  context: { tenantId: TenantId },
  rows: readonly IdentifiedRow[],
): Promise<string[]> {
  if (rows.length === 0) return [];
  const { rows: found } = await session.query<{ expense_id: string }>(findStatement, [
    context.tenantId,
    ...keysOf(rows),
  ]);
  if (found.length !== rows.length) throw new Error('A purchase that was claimed cannot be found');
  return found.map((row) => row.expense_id);
}

/** Notes what became of rows. */
export async function insertFates(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  rows: readonly RowFate[],
): Promise<void> {
  await session.query(insertStatement, [
    ...[context.tenantId, importId, rows.map((row) => row.line), rows.map((row) => row.fate)],
    ...[rows.map((row) => row.fault?.column ?? ''), rows.map((row) => row.fault?.code ?? '')],
    ...[rows.map((row) => row.fault?.reason ?? ''), rows.map((row) => row.expenseId)],
  ]);
}

const keysOf = (rows: readonly IdentifiedRow[]) => [rows.map((row) => row.fingerprint), rows.map((row) => row.ordinal)];

const claimStatement = {
  name: 'claim_purchases',
  text: `
insert into imported_purchases (tenant_id, fingerprint, ordinal, expense_id)
select $1::uuid, row.fingerprint, row.ordinal, row.expense_id
from unnest($2::bytea[], $3::int[], $4::uuid[]) as row (fingerprint, ordinal, expense_id)
order by row.fingerprint, row.ordinal
on conflict do nothing
returning imported_purchases.expense_id`,
};

// Lateral and kept so by offset 0: the index is used even with a plan from when the table was empty. Nothing but plain
// comparisons, as row-level security keeps conditions with other functions (decode) away from the index.
const findStatement = {
  name: 'find_claimed_purchases',
  text: `
select claimed.expense_id
from unnest($2::bytea[], $3::int[]) with ordinality as row (fingerprint, ordinal, position)
cross join lateral (
  select imported_purchases.expense_id from imported_purchases
  where imported_purchases.tenant_id = $1 and imported_purchases.fingerprint = row.fingerprint
    and imported_purchases.ordinal = row.ordinal
  offset 0
) as claimed
order by row.position`,
};

const insertStatement = {
  name: 'insert_import_rows',
  text: `
insert into import_rows (tenant_id, import_id, line, fate, column_header, code, reason, expense_id)
select $1::uuid, $2::uuid, row.line, row.fate, row.column_header, row.code, row.reason, row.expense_id
from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
  as row (line, fate, column_header, code, reason, expense_id)`,
};
