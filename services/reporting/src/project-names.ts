import type { Session } from '@outlay/platform';
import type { DimensionName } from './change.ts';

/**
 * Keeps the newest name of each category, project and account. Names that are known already are left out before the
 * insert, as `on conflict` would lock their rows and make every batch of a tenant wait for the one before. What is
 * left is inserted in one order by everybody, so that two batches cannot wait for each other.
 */
const keepNames = (isKept: string, isReplaced: string) => `
with incoming as materialized (
  select distinct on (item.dimension, item.dimension_id) item.dimension, item.dimension_id, item.name, item.version
  from jsonb_to_recordset($2::jsonb) as item(dimension text, dimension_id uuid, name text, version bigint)
  order by item.dimension, item.dimension_id, item.version desc
),
kept as (
  insert into dimension_names as known (tenant_id, dimension, dimension_id, name, version)
  select $1::uuid, incoming.dimension, incoming.dimension_id, incoming.name, incoming.version
  from incoming
  where not exists (
    select from dimension_names as present
    where present.tenant_id = $1::uuid
      and present.dimension = incoming.dimension
      and present.dimension_id = incoming.dimension_id
      and (${isKept})
  )
  order by incoming.dimension, incoming.dimension_id
  on conflict (tenant_id, dimension, dimension_id) do update
  set name = excluded.name, version = excluded.version, projected = excluded.projected
  where ${isReplaced}
  returning known.dimension, known.dimension_id, known.name
)
select count(*) as renamed
from kept
left join dimension_names as former
  on former.tenant_id = $1::uuid and former.dimension = kept.dimension and former.dimension_id = kept.dimension_id
where former.name is distinct from kept.name`;

const keepNewestNames = keepNames('present.version >= incoming.version', 'known.version < excluded.version');

/** Of the same version there is one name, which is what the ledger says. */
const keepStreamedNames = keepNames(
  `(present.version > incoming.version and present.projected > $3::bigint)
    or (present.version = incoming.version and present.name = incoming.name)`,
  'known.version <= excluded.version or known.projected < $3::bigint',
);

/** Brings the names of a tenant's categories, projects and accounts up to date. Older and repeated ones do nothing. */
export async function projectNames(session: Session, names: readonly DimensionName[]): Promise<void> {
  if (names.length === 0) return;
  await session.query({ name: 'reporting_keep_newest_names', text: keepNewestNames }, [
    session.tenantId,
    toRows(names),
  ]);
}

/**
 * Makes names what the ledger streamed and answers how many were not. One stays where it was projected after the rebuild
 * began and is newer: an event overtook the stream. Any other version that the stream does not have is not the ledger's.
 */
export async function repairNames(
  session: Session,
  names: readonly DimensionName[],
  { begunAt }: { begunAt: bigint },
): Promise<bigint> {
  if (names.length === 0) return 0n;
  const { rows } = await session.query<{ renamed: bigint }>(
    { name: 'reporting_keep_streamed_names', text: keepStreamedNames },
    [session.tenantId, toRows(names), begunAt],
  );
  return rows[0]?.renamed ?? 0n;
}

const toRows = (names: readonly DimensionName[]): string =>
  JSON.stringify(
    names.map((name) => ({
      dimension: name.dimension,
      dimension_id: name.dimensionId,
      name: name.name,
      version: String(name.version),
    })),
  );
