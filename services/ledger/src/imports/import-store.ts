import type { ImportFileKind } from '@outlay/contracts';
import { type Database, newId, notFound, type Session, type TenantContext, type TenantId } from '@outlay/platform';
import type { ImportMapping } from './file/mapping.ts';
import { type ImportState, importColumns, importState } from './import-state.ts';
import { mayMakeReferences } from './may-make-references.ts';
import type { UploadedFile } from './receive-upload.ts';

/** The schema of this service's background jobs. */
export const jobsSchema = 'ledger_jobs';

/** The task that works an import off. */
export const importTask = 'import_file';

/** Stores a file and asks for it to be worked off, in the session's transaction. */
export async function insertImport(
  session: Session,
  context: TenantContext,
  file: UploadedFile & { encoding: string; kind: ImportFileKind; mapping: ImportMapping | undefined },
): Promise<ImportState> {
  const id = newId();
  const { rows } = await session.query(
    {
      name: 'insert_import',
      text: `
insert into imports (
  tenant_id, id, actor_kind, user_id, request_id, correlation_id, file_name, content_type, file_size, file_hash,
  encoding, file_kind, stage, is_preview, mapping, mapping_id, makes_references, claims_own
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'surveying', $13, $14, $15, $16, $17)
returning ${importColumns}`,
    },
    [
      ...[context.tenantId, id, context.actor.kind, context.actor.id, context.requestId, context.correlationId],
      ...[file.name, file.contentType, file.size, file.hash, file.encoding, file.kind, file.isPreview],
      ...[file.mapping && JSON.stringify(file.mapping), file.mappingId, mayMakeReferences(context)],
      context.role === 'member',
    ],
  );
  for (const [seq, bytes] of file.chunks.entries()) {
    await session.query(
      {
        name: 'insert_import_chunk',
        text: 'insert into import_chunks (tenant_id, import_id, seq, bytes) values ($1, $2, $3, $4)',
      },
      [context.tenantId, id, seq, bytes],
    );
  }
  await addImportJob(session, context.tenantId, id);
  return importState.parse(rows[0]);
}

/** Has an import make nothing that its rows name, from now on. */
export async function forbidReferences(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<void> {
  await session.query(
    {
      name: 'forbid_import_references',
      text: 'update imports set makes_references = false where imports.tenant_id = $1 and imports.id = $2',
    },
    [context.tenantId, importId],
  );
}

/**
 * Has an import worked off if the session's transaction commits. One job waits for each, however often it is asked for, and
 * keeps its place among the others.
 */
export async function addImportJob(session: Session, tenantId: string, importId: string, laterMs = 0): Promise<void> {
  await session.query(
    {
      name: 'add_import_job',
      text: `
select from ${jobsSchema}.add_job(
  '${importTask}', $1::json, job_key => $2, max_attempts => 25,
  run_at => least(
    now() + $3 * interval '1 millisecond',
    (select jobs.run_at from ${jobsSchema}.jobs where jobs.key = $2 and jobs.locked_at is null)
  )
)`,
    },
    [JSON.stringify({ tenant_id: tenantId, import_id: importId }), importId, laterMs],
  );
}

/**
 * Whether there is a job that could be done now and that nobody has taken; one that waits for the end of another of its
 * queue could not. Jobs are the service's own, and of no tenant.
 */
export async function isJobWaiting(database: Database): Promise<boolean> {
  const { rows } = await database.withGlobal((session) =>
    session.query<{ is_waiting: boolean }>({
      name: 'is_job_waiting',
      text: `
select exists (
  select from ${jobsSchema}.jobs
  where jobs.locked_at is null and jobs.run_at <= now() and jobs.attempts < jobs.max_attempts
    and not exists (
      select from ${jobsSchema}.jobs as taken
      where taken.queue_name = jobs.queue_name and taken.locked_at is not null
    )
) as is_waiting`,
    }),
  );
  return rows[0]?.is_waiting ?? false;
}

/** One import, or notFound `import_not_found`. A user who is given sees only their own. */
export async function findImport(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  userId?: string,
): Promise<ImportState> {
  const { rows } = await session.query(
    {
      name: 'find_import',
      text: `
select ${importColumns} from imports
where imports.tenant_id = $1 and imports.id = $2 and ($3::uuid is null or imports.user_id = $3)`,
    },
    [context.tenantId, importId, userId],
  );
  if (!rows[0]) throw notFound('import_not_found', 'There is no such import');
  return importState.parse(rows[0]);
}

/** The stored bytes of a file, a piece at a time, each in a transaction of its own. */
export async function* readChunks(
  database: Database,
  context: { tenantId: TenantId },
  importId: string,
): AsyncGenerator<Uint8Array> {
  for (let seq = 0; ; seq++) {
    const { rows } = await database.withTenant(
      context,
      (session) =>
        session.query<{ bytes: Buffer }>(
          {
            name: 'read_import_chunk',
            text: `
select import_chunks.bytes from import_chunks
where import_chunks.tenant_id = $1 and import_chunks.import_id = $2 and import_chunks.seq = $3`,
          },
          [context.tenantId, importId, seq],
        ),
      { readOnly: true },
    );
    const [row] = rows;
    if (!row) return;
    yield row.bytes;
  }
}

/** Imports that should be going forward and have not for so long, of all tenants. */
export async function findStalled(database: Database, stalledMs: number): Promise<{ tenantId: string; id: string }[]> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: string; id: string }>(
      {
        name: 'find_stalled_imports',
        text: `
select imports.tenant_id, imports.id from imports
where imports.status in ('processing', 'undoing') and imports.progressed_at < now() - $1 * interval '1 millisecond'
order by imports.progressed_at limit 100`,
      },
      [stalledMs],
    ),
  );
  return rows.map((row) => ({ tenantId: row.tenant_id, id: row.id }));
}
