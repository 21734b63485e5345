import type { Session, TenantId } from '@outlay/platform';
import { dropAll } from './import-progress.ts';
import { jobsSchema } from './import-store.ts';
import type { ImportWork } from './process-import.ts';

/** The task that drops what is kept of a preview. */
export const dropTask = 'drop_preview';

/** Rows dropped in one transaction: some 20 ms. */
const rowsMaxDefault = 10_000;

/**
 * Drops the bytes and rows of a preview that is over, batch by batch, each in a transaction of its own. What a crash leaves is
 * dropped when it is called again; any number of workers may be at it.
 */
export async function dropPreview(
  { database, isStopping, inTurn = (batch) => batch(), rowsMax = rowsMaxDefault }: DropWork,
  tenantId: TenantId,
  importId: string,
): Promise<void> {
  const context = { tenantId };
  const inBatch = <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    if (isStopping?.()) throw new Error('The process is stopping; another one goes on');
    return inTurn(() => database.withTenant(context, work));
  };
  if (!(await inBatch((session) => isToBeDropped(session, context, importId)))) return;
  await inBatch((session) => dropAll(session, context, importId, ['import_chunks', 'import_batches']));
  await inBatch((session) => dropAll(session, context, importId, ['import_references', 'import_meanings']));
  let line: number | null = 0;
  while (line !== null) {
    const after: number = line;
    line = await inBatch((session) => dropRows(session, context, importId, { after, rowsMax }));
  }
  await inBatch((session) => session.query(droppedStatement, [tenantId, importId]));
}

/** What dropping takes. */
type DropWork = Pick<ImportWork, 'database' | 'isStopping' | 'inTurn'> & { rowsMax?: number };

/** Has what is kept of a preview dropped if the session's transaction commits. One job waits for each, however often it is asked for. */
export async function addDropJob(session: Session, tenantId: TenantId, importId: string): Promise<void> {
  await session.query(
    {
      name: 'add_drop_job',
      text: `select from ${jobsSchema}.add_job('${dropTask}', $1::json, job_key => 'drop ' || $2, max_attempts => 25)`,
    },
    [JSON.stringify({ tenant_id: tenantId, import_id: importId }), importId],
  );
}

async function isToBeDropped(session: Session, context: { tenantId: TenantId }, importId: string): Promise<boolean> {
  const { rowCount } = await session.query(
    {
      name: 'is_preview_to_be_dropped',
      text: 'select from imports where imports.tenant_id = $1 and imports.id = $2 and imports.is_to_be_dropped',
    },
    [context.tenantId, importId],
  );
  return rowCount === 1;
}

/** Answers the last line that was dropped; null: there were none. */
async function dropRows(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  { after, rowsMax }: { after: number; rowsMax: number },
): Promise<number | null> {
  const { rows } = await session.query<{ last_line: number | null }>(dropRowsStatement, [
    ...[context.tenantId, importId, after, rowsMax],
  ]);
  return rows[0]?.last_line ?? null;
}

// From the line before on, as what was dropped before may have to be passed over in the index else, once more in each batch.
const dropRowsStatement = {
  name: 'drop_preview_rows',
  text: `
with stretch as materialized (
  select max(next.line) as last_line
  from (
    select import_rows.line from import_rows
    where import_rows.tenant_id = $1 and import_rows.import_id = $2 and import_rows.line > $3
    order by import_rows.line limit $4
  ) as next
), dropped as (
  delete from import_rows using stretch
  where import_rows.tenant_id = $1 and import_rows.import_id = $2 and import_rows.line > $3
    and import_rows.line <= stretch.last_line
)
select stretch.last_line from stretch`,
};

const droppedStatement = {
  name: 'end_preview_drop',
  text: `
update imports set is_to_be_dropped = false
where imports.tenant_id = $1 and imports.id = $2 and imports.is_to_be_dropped`,
};
