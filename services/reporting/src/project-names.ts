import type { Session } from '@outlay/platform';
import type { DimensionName } from './change.ts';

/**
 * Keeps the newest name of each category, project and account. Names that are known already are left out before the
 * insert, as `on conflict` would lock their rows and make every batch of a tenant wait for the one before. What is
 * left is inserted in one order by everybody, so that two batches cannot wait for each other.
 */
const keepNewestNames = `
with incoming as materialized (
  select distinct on (item.dimension, item.dimension_id) item.dimension, item.dimension_id, item.name, item.version
  from jsonb_to_recordset($2::jsonb) as item(dimension text, dimension_id uuid, name text, version bigint)
  order by item.dimension, item.dimension_id, item.version desc
)
insert into dimension_names as known (tenant_id, dimension, dimension_id, name, version)
select $1::uuid, incoming.dimension, incoming.dimension_id, incoming.name, incoming.version
from incoming
where not exists (
  select from dimension_names as present
  where present.tenant_id = $1::uuid
    and present.dimension = incoming.dimension
    and present.dimension_id = incoming.dimension_id
    and present.version >= incoming.version
)
order by incoming.dimension, incoming.dimension_id
on conflict (tenant_id, dimension, dimension_id) do update
set name = excluded.name, version = excluded.version
where known.version < excluded.version`;

/** Brings the names of a tenant's categories, projects and accounts up to date. Older and repeated ones do nothing. */
export async function projectNames(session: Session, names: readonly DimensionName[]): Promise<void> {
  if (names.length === 0) return;
  const rows = names.map((name) => ({
    dimension: name.dimension,
    dimension_id: name.dimensionId,
    name: name.name,
    version: String(name.version),
  }));
  await session.query({ name: 'reporting_keep_newest_names', text: keepNewestNames }, [
    session.tenantId,
    JSON.stringify(rows),
  ]);
}
