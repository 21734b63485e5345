import type { Session, TenantContext } from '@outlay/platform';

/** Of more imports than this nobody goes on with the oldest. */
const importsMax = 200;

/**
 * What money spent was multiplied by in the newest import of the tenant that has this header, booked something and was not
 * taken back; undefined: there is none among the last ones.
 */
export async function findSignBefore(
  session: Session,
  context: TenantContext,
  importId: string,
  headers: readonly string[],
): Promise<1 | -1 | undefined> {
  const { rows } = await session.query<{ sign: number }>(findStatement, [
    ...[context.tenantId, importId, importsMax, JSON.stringify(headers)],
  ]);
  const [row] = rows;
  return row && (row.sign === 1 ? 1 : -1);
}

// The newest are found by the primary key, whose ids grow with time; formats are read of those alone that booked something.
const findStatement = {
  name: 'find_sign_before',
  text: `
select (recent.format -> 'signs' ->> 'amount')::int as sign
from (
  select imports.id, imports.status, imports.is_preview, imports.imported, imports.format
  from imports
  where imports.tenant_id = $1 and imports.id < $2
  order by imports.id desc
  limit $3
) as recent
where recent.imported > 0 and not recent.is_preview and recent.status not in ('undoing', 'undone')
  and recent.format ->> 'kind' = 'csv' and recent.format -> 'headers' = $4::jsonb
order by recent.id desc
limit 1`,
};
