import { notFound, type Session, type TenantContext, type TenantId } from '@outlay/platform';
import { z } from 'zod';
import { importMapping } from '../file/mapping.ts';

export const mappingColumns = `import_mappings.id, import_mappings.name, import_mappings.mapping, import_mappings.version,
  import_mappings.created_at, import_mappings.updated_at`;

/** A row of import_mappings. */
export const savedMapping = z
  .object({
    id: z.string(),
    name: z.string(),
    mapping: importMapping,
    version: z.bigint(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform(({ created_at: createdAt, updated_at: updatedAt, ...row }) => ({ ...row, createdAt, updatedAt }));

export type SavedMapping = z.output<typeof savedMapping>;

/** One mapping, or notFound `import_mapping_not_found`; for a change, locked for the rest of the transaction. */
export async function findMapping(
  session: Session,
  context: { tenantId: TenantId },
  mappingId: string,
  { isLocked = false }: { isLocked?: boolean } = {},
): Promise<SavedMapping> {
  const text = `select ${mappingColumns} from import_mappings
where import_mappings.tenant_id = $1 and import_mappings.id = $2`;
  const { rows } = await session.query(
    isLocked
      ? { name: 'lock_import_mapping', text: `${text} for no key update` }
      : { name: 'find_import_mapping', text },
    [context.tenantId, mappingId],
  );
  if (!rows[0]) throw notFound('import_mapping_not_found', 'There is no such mapping');
  return savedMapping.parse(rows[0]);
}

/** Mappings in the order of their names. */
export async function listMappings(
  session: Session,
  context: TenantContext,
  { limit, after }: { limit: number; after: { name: string; id: string } | undefined },
): Promise<{ mappings: SavedMapping[]; hasMore: boolean }> {
  const { rows } = await session.query(
    {
      name: 'list_import_mappings',
      text: `
select ${mappingColumns} from import_mappings
where import_mappings.tenant_id = $1 and ($2::text is null or import_mappings.name > $2)
order by import_mappings.name
limit $3`,
    },
    [context.tenantId, after?.name, limit + 1],
  );
  return { mappings: rows.slice(0, limit).map((row) => savedMapping.parse(row)), hasMore: rows.length > limit };
}

/** Stores a new mapping; undefined where its name is taken. */
export async function insertMapping(
  session: Session,
  context: { tenantId: TenantId },
  mapping: Pick<SavedMapping, 'id' | 'name' | 'mapping'>,
): Promise<SavedMapping | undefined> {
  const { rows } = await session.query(
    {
      name: 'insert_import_mapping',
      text: `
insert into import_mappings (tenant_id, id, name, mapping) values ($1, $2, $3, $4)
on conflict (tenant_id, name) do nothing
returning ${mappingColumns}`,
    },
    [context.tenantId, mapping.id, mapping.name, JSON.stringify(mapping.mapping)],
  );
  return rows[0] && savedMapping.parse(rows[0]);
}

/** Stores the new state of a mapping that is locked; undefined where its name is another's. */
export async function updateMapping(
  session: Session,
  context: { tenantId: TenantId },
  mapping: Pick<SavedMapping, 'id' | 'name' | 'mapping'>,
): Promise<SavedMapping | undefined> {
  const { rows } = await session.query(
    {
      name: 'update_import_mapping',
      text: `
update import_mappings
set name = $3, mapping = $4, version = import_mappings.version + 1, updated_at = now()
where import_mappings.tenant_id = $1 and import_mappings.id = $2
  and not exists (
    select from import_mappings as other
    where other.tenant_id = $1 and other.name = $3 and other.id <> $2
  )
returning ${mappingColumns}`,
    },
    [context.tenantId, mapping.id, mapping.name, JSON.stringify(mapping.mapping)],
  );
  return rows[0] && savedMapping.parse(rows[0]);
}

export async function deleteMapping(
  session: Session,
  context: { tenantId: TenantId },
  mappingId: string,
): Promise<void> {
  await session.query(
    {
      name: 'delete_import_mapping',
      text: 'delete from import_mappings where import_mappings.tenant_id = $1 and import_mappings.id = $2',
    },
    [context.tenantId, mappingId],
  );
}
