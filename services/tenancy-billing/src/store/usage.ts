import type { Session } from '@outlay/platform';
import type { TenancyPrisma } from './database.ts';

/** How much is used of a metric; `scopeId` is the project that has most, where it counts by project. */
export interface UsedMetric {
  metric: string;
  used: bigint;
  scopeId: string | undefined;
}

/** Keeps what was told of the session's tenant, unless something newer was. */
export async function keepUsage(
  session: Session,
  { usage, version, countedAt }: { usage: readonly UsedMetric[]; version: number; countedAt: Date },
): Promise<void> {
  const rows = usage.map(({ metric, used, scopeId }) => ({ metric, used: used.toString(), scope_id: scopeId }));
  await session.query(keepStatement, [session.tenantId, JSON.stringify(rows), version, countedAt]);
}

const keepStatement = {
  name: 'keep_usage',
  text: `
insert into usage (tenant_id, metric, used, scope_id, version, counted_at)
select $1, row.metric, row.used, row.scope_id, $3, $4
from json_to_recordset($2::json) as row (metric text, used bigint, scope_id uuid)
order by row.metric
on conflict (tenant_id, metric) do update
set used = excluded.used, scope_id = excluded.scope_id, version = excluded.version, counted_at = excluded.counted_at
where usage.version < excluded.version`,
};

/** What was told last of the session's tenant. */
export async function listUsage(prisma: TenancyPrisma, tenantId: string): Promise<UsedMetric[]> {
  const rows = await prisma.usage.findMany({ where: { tenantId } });
  return rows.map(({ metric, used, scopeId }) => ({ metric, used, scopeId: scopeId ?? undefined }));
}
