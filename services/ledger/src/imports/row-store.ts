import type { Session, TenantId } from '@outlay/platform';
import type { RowFault } from './file/row-fault.ts';

/** A row that can be booked, and what tells it apart from all others of the tenant. */
export interface IdentifiedRow {
  line: number;
  fingerprint: Buffer;
  /** Its place among the equal rows of its file, from 1. */
  ordinal: number;
  /** The expense it becomes if it is new. */
  expenseId: string;
}

/** How many rows of each fingerprint the batches before this one had, by fingerprint in hexadecimal. */
export async function countEarlierRows(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  fingerprints: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await session.query<{ fingerprint: string; count: number }>(
    {
      name: 'count_earlier_import_rows',
      text: `
select encode(import_rows.fingerprint, 'hex') as fingerprint, max(import_rows.ordinal) as count
from unnest($3::text[]) as wanted (fingerprint)
join import_rows on import_rows.tenant_id = $1 and import_rows.import_id = $2
  and import_rows.fingerprint = decode(wanted.fingerprint, 'hex')
group by import_rows.fingerprint`,
    },
    [context.tenantId, importId, fingerprints],
  );
  return new Map(rows.map((row) => [row.fingerprint, row.count]));
}

/**
 * Claims the rows that nobody has imported yet and answers their lines. An import that is claiming the same purchase at
 * this moment is waited for; rows go in by fingerprint, so that two of them never wait for each other.
 */
export async function claimRows(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  rows: readonly IdentifiedRow[],
): Promise<ReadonlySet<number>> {
  const { rows: claimed } = await session.query<{ line: number }>(
    {
      name: 'claim_import_rows',
      text: `
insert into import_rows (tenant_id, import_id, line, fate, fingerprint, ordinal, expense_id)
select $1::uuid, $2::uuid, row.line, 'imported', decode(row.fingerprint, 'hex') as fingerprint, row.ordinal, row.expense_id
from unnest($3::int[], $4::text[], $5::int[], $6::uuid[]) as row (line, fingerprint, ordinal, expense_id)
order by fingerprint, row.ordinal
on conflict (tenant_id, fingerprint, ordinal) where fate = 'imported' do nothing
returning import_rows.line`,
    },
    [context.tenantId, importId, ...columnsOf(rows), rows.map((row) => row.expenseId)],
  );
  return new Set(claimed.map((row) => row.line));
}

/** Notes rows that repeat what was imported before, each with the expense it repeats. */
export async function insertDuplicates(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  rows: readonly IdentifiedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await session.query(
    {
      name: 'insert_duplicate_import_rows',
      text: `
insert into import_rows (tenant_id, import_id, line, fate, fingerprint, ordinal, expense_id)
select $1::uuid, $2::uuid, row.line, 'duplicate', decode(row.fingerprint, 'hex'), row.ordinal, original.expense_id
from unnest($3::int[], $4::text[], $5::int[]) as row (line, fingerprint, ordinal)
left join import_rows as original on original.tenant_id = $1 and original.fate = 'imported'
  and original.fingerprint = decode(row.fingerprint, 'hex') and original.ordinal = row.ordinal`,
    },
    [context.tenantId, importId, ...columnsOf(rows)],
  );
}

/** Notes rows that cannot be booked, each with its reason. */
export async function insertRefused(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  rows: readonly { line: number; fault: RowFault }[],
): Promise<void> {
  if (rows.length === 0) return;
  await session.query(
    {
      name: 'insert_refused_import_rows',
      text: `
insert into import_rows (tenant_id, import_id, line, fate, column_header, code, reason)
select $1::uuid, $2::uuid, row.line, 'refused', row.column_header, row.code, row.reason
from unnest($3::int[], $4::text[], $5::text[], $6::text[]) as row (line, column_header, code, reason)`,
    },
    [
      ...[context.tenantId, importId, rows.map((row) => row.line), rows.map((row) => row.fault.column)],
      ...[rows.map((row) => row.fault.code), rows.map((row) => row.fault.reason)],
    ],
  );
}

const columnsOf = (rows: readonly IdentifiedRow[]) => [
  rows.map((row) => row.line),
  rows.map((row) => row.fingerprint.toString('hex')),
  rows.map((row) => row.ordinal),
];
