import type { Session, TenantId } from '@outlay/platform';
import { z } from 'zod';
import type { Batch } from './read-batches.ts';
import type { RowFate } from './row-store.ts';

/**
 * Keeps what was seen of the rows of a batch until the import ends: the fates of those that are not to be booked, though they
 * could be one day, and how many are to be booked to each project.
 */
export async function noteLook(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  { start, fates, projects }: { start: number; fates: readonly RowFate[]; projects: readonly string[] },
): Promise<void> {
  const counts = new Map<string, number>();
  for (const name of projects) if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
  if (fates.length === 0 && counts.size === 0) return;
  await session.query(
    {
      name: 'note_import_look',
      text: `
insert into import_looks (tenant_id, import_id, start, fates, projects)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, import_id, start) do update set fates = excluded.fates, projects = excluded.projects`,
    },
    [context.tenantId, importId, start, JSON.stringify(fates), JSON.stringify(Object.fromEntries(counts))],
  );
}

/**
 * The fates that rows of a batch had when the places of its import were reserved, by line: those of rows that are not booked,
 * though they could be by now. None where nobody had to look at them.
 */
export async function readFates(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  { start, rowCount, purchases }: Batch,
): Promise<ReadonlyMap<number, RowFate>> {
  const { rows } = await session.query<{ fates: unknown }>(readStatement, [
    ...[context.tenantId, importId, start, start + rowCount],
  ]);
  if (rows.length === 0) return new Map();
  const lines = new Set(purchases.map(({ line }) => line));
  const fates = rows.flatMap((row) => storedFates.parse(row.fates));
  return new Map(fates.flatMap((fate) => (lines.has(fate.line) ? [[fate.line, fate]] : [])));
}

const storedFates: z.ZodType<RowFate[]> = z.array(
  z.object({
    line: z.int(),
    fate: z.enum(['duplicate', 'refused']),
    expenseId: z.string().optional(),
    fault: z
      .object({
        code: z.enum(['exchange_rate_missing', 'amount_too_large', 'reference_unknown']),
        column: z.string(),
        reason: z.string(),
      })
      .optional(),
  }),
);

// Its batches may have begun at other rows.
const readStatement = {
  name: 'read_import_looks',
  text: `
select looks.fates
from import_looks as looks
where looks.tenant_id = $1 and looks.import_id = $2 and looks.start < $4 and looks.start >= coalesce((
  select max(before.start) from import_looks as before
  where before.tenant_id = $1 and before.import_id = $2 and before.start <= $3
), $3)`,
};
