import { type Database, type Session, systemContext, type TenantId, toTenantId } from '@outlay/platform';
import { dropAll } from './import-progress.ts';

/** Drops bytes and rows of previews that nobody has booked within their day. Each import by itself, as there may be many rows. */
export async function expirePreviews(database: Database, now: Date): Promise<void> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: string; id: string }>(
      {
        name: 'find_expired_previews',
        text: `
select imports.tenant_id, imports.id from imports
where imports.status = 'previewed' and imports.expires_at <= $1
order by imports.expires_at limit 1000`,
      },
      [now],
    ),
  );
  for (const { tenant_id: tenantId, id } of rows) {
    const context = systemContext(toTenantId(tenantId));
    await database.withTenant(context, (session) => expirePreview(session, context, id));
  }
}

/** Drops bytes and rows of a preview, if it is one still. */
export async function expirePreview(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<void> {
  const { rowCount } = await session.query(
    {
      name: 'expire_preview',
      text: `
update imports set status = 'expired', version = imports.version + 1, finished_at = now()
where imports.tenant_id = $1 and imports.id = $2 and imports.status = 'previewed'`,
    },
    [context.tenantId, importId],
  );
  if (rowCount === 1) await dropAll(session, context, importId, ['import_chunks', 'import_rows']);
}
