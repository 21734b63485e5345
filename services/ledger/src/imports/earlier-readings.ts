import type { Session, TenantContext } from '@outlay/platform';
import { z } from 'zod';
import type { ClaimSpace } from './claim-spaces.ts';
import { type FileFormat, fileFormat } from './file/file-format.ts';

/** How the same bytes were read by another import: by this its rows are known. */
export interface EarlierReading {
  format: FileFormat;
  /** The day on which it came in. */
  today: string;
  claims: ClaimSpace;
}

/** The same file does not come in more ways at a time; those that booked nothing of it do not count. */
const readingsMax = 20;

/**
 * How the bytes of an import were read by others of the tenant that have booked some of them, or are about to. A mapping
 * makes other purchases of the same rows, so what is known of a row goes by what each of them made of it. Two that come at
 * the same time each store how they read before they ask: at least one of them knows of the other, and takes its keys too.
 * Each way once, and none that gives the keys that the import has anyway: each costs its time and memory for all rows.
 */
export async function findEarlierReadings(
  session: Session,
  context: TenantContext,
  importId: string,
): Promise<EarlierReading[]> {
  const { rows } = await session.query(findStatement, [context.tenantId, importId, readingsMax]);
  return rows.map((row) => earlier.parse(row));
}

const earlier = z
  .object({ format: fileFormat, created_at: z.date(), user_id: z.string(), claims_own: z.boolean() })
  .transform((row) => ({
    format: row.format,
    today: row.created_at.toISOString().slice(0, 10),
    claims: { userId: row.user_id, isOwn: row.claims_own },
  }));

/** Of a format, what says how rows are read; the rest is said of it to people. */
const wayOf = (format: string): string =>
  `(${format} - '{isKnown,isCreditsAssumed,unknownWords,totals}'::text[]) #- '{signs,isAssumed}' #- '{signs,isOneSided}' #- '{signs,hasNoMinus}' #- '{signs,isAsBefore}'`;

// Once for each pass over a file, among the imports of one tenant; formats are read of those alone that have the same bytes.
const findStatement = {
  name: 'find_earlier_readings',
  text: `
select distinct on (way.format, other.claims_own, way.user_id)
  other.format, other.created_at, other.user_id, other.claims_own
from imports as own
join imports as other on other.tenant_id = own.tenant_id and other.file_hash = own.file_hash and other.id <> own.id
cross join lateral (
  select ${wayOf('other.format')} as format, case when other.claims_own then other.user_id end as user_id
) as way
where own.tenant_id = $1 and own.id = $2 and other.tenant_id = $1 and other.format is not null
  and not other.is_preview and (other.imported + other.duplicates > 0 or other.status = 'processing')
  and other.status <> 'undone'
  -- What colleagues claim for themselves says nothing of a member's.
  and (not own.claims_own or not other.claims_own or other.user_id = own.user_id)
  and (way.format is distinct from ${wayOf('own.format')} or (other.claims_own and not own.claims_own))
order by way.format, other.claims_own, way.user_id, other.id desc
limit $3`,
};
