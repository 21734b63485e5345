import type { TenantContext } from '@outlay/platform';
import type { TenancySession } from './database.ts';

const selectKey = {
  name: 'tenancy_select_idempotency_key',
  text: `
    select 1
    from idempotency_keys as stored
    where stored.tenant_id = $1 and stored.actor_id = $2 and stored.operation = $3 and stored.key = $4`,
};

/** Whether this command has been answered under its key before; for what must be known before the command is begun. */
export async function hasAnswer(session: TenancySession, context: TenantContext, operation: string): Promise<boolean> {
  if (context.idempotencyKey === undefined) return false;
  const scope = [context.tenantId, context.actor.id, operation, context.idempotencyKey];
  return (await session.query(selectKey, scope)).rowCount > 0;
}
