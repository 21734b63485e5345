import {
  type Database,
  type Session,
  systemContext,
  type TenantContext,
  type TenantId,
  toTenantId,
} from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { addDropJob } from './drop-preview.ts';
import { isKeptPreview } from './import-state.ts';
import type { ImportWork } from './process-import.ts';

/** Of as many imports at a time; the next time has the others. */
const most = 1_000;

/**
 * Lets go of previews that nobody has booked within their day, and says so in the audit trail. Each by itself, and at once:
 * their bytes and rows are dropped by jobs. Those whose job was lost get another one. One that fails holds up no other.
 */
export async function expirePreviews({ database, logger }: ExpiryWork, now: Date): Promise<void> {
  const each = async (statement: Statement, values: unknown[], expire: Expire): Promise<void> => {
    for (const { tenantId, id } of await findImports(database, statement, values)) {
      const context = systemContext(tenantId);
      try {
        await database.withTenant(context, (session) => expire(session, context, id));
      } catch (error) {
        logger.error({ error, tenant_id: tenantId, import_id: id }, 'a preview could not be let go of');
      }
    }
  };
  await each(lapsedStatement, [now, most], expireLapsed);
  await each(leftStatement, [most], (session, { tenantId }, id) => addDropJob(session, tenantId, id));
}

type ExpiryWork = Pick<ImportWork, 'database' | 'logger'>;
type Expire = (session: Session, context: TenantContext, importId: string) => Promise<void>;
type Statement = { name: string; text: string };

async function expireLapsed(session: Session, context: TenantContext, importId: string): Promise<void> {
  const expired = await expirePreview(session, context, importId);
  if (!expired) return;
  await recordAudit(session, context, {
    action: 'import.expired',
    entity: 'import',
    entityId: importId,
    before: {
      ...{ status: expired.failure_code === '' ? 'previewed' : 'failed' },
      ...{ file_name: expired.file_name, rows_total: expired.rows_total },
    },
    after: { status: 'expired' },
  });
}

interface Expired {
  file_name: string;
  rows_total: number;
  failure_code: string;
}

/**
 * Ends a preview, if it is one still or has failed to become one, and has what is kept of it dropped when the session's transaction has committed. While
 * its rows are being looked at, who does so comes to an end at the next batch.
 */
export async function expirePreview(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<Expired | undefined> {
  const { rows } = await session.query<Expired>(
    {
      name: 'expire_preview',
      text: `
update imports
set status = 'expired', is_to_be_dropped = true, version = imports.version + 1,
  finished_at = coalesce(imports.finished_at, least(imports.expires_at, now()))
where imports.tenant_id = $1 and imports.id = $2
  and (${isKeptPreview} or (imports.status = 'processing' and imports.is_preview))
returning imports.file_name, imports.rows_total, imports.failure_code`,
    },
    [context.tenantId, importId],
  );
  if (rows[0]) await addDropJob(session, context.tenantId, importId);
  return rows[0];
}

async function findImports(
  database: Database,
  statement: Statement,
  values: unknown[],
): Promise<{ tenantId: TenantId; id: string }[]> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: string; id: string }>(statement, values),
  );
  return rows.map((row) => ({ tenantId: toTenantId(row.tenant_id), id: row.id }));
}

const lapsedStatement = {
  name: 'find_expired_previews',
  text: `
select imports.tenant_id, imports.id from imports
where ${isKeptPreview} and imports.expires_at <= $1
order by imports.expires_at limit $2`,
};

const leftStatement = {
  name: 'find_previews_to_be_dropped',
  text: 'select imports.tenant_id, imports.id from imports where imports.is_to_be_dropped limit $1',
};
