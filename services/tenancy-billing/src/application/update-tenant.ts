import { enqueueEvents } from '@outlay/messaging';
import { findAnswer, idempotent, recordAudit, type TenantContext } from '@outlay/platform';
import type { Settings } from '../domain/settings.ts';
import { changeTenant, type Tenant, type TenantChanges } from '../domain/tenant.ts';
import { tenantUpdated } from '../messaging/tenant-events.ts';
import { fromStoredTenant, toStoredTenant } from '../store/stored-answer.ts';
import { getTenant, getTenantForUpdate, updateTenant } from '../store/tenants.ts';
import type { TenancyDependencies } from './dependencies.ts';

export interface UpdateTenant extends TenantChanges {
  /** The version that the caller has seen; without it the newest. */
  version?: bigint;
}

/**
 * Changes name and settings of the caller's tenant and emits tenant.updated, unless nothing changes. A new currency is
 * asked of the ledger first, outside any transaction: it alone knows whether something is booked, and from then on
 * books in it. Should the change fail after that, repeating it repairs it. Honours the idempotency key.
 *
 * Throws conflict `currency_fixed`, precondition_failed `version_mismatch`.
 */
export function createUpdateTenant({ database, neighbours, clock }: TenancyDependencies) {
  return async (context: TenantContext, command: UpdateTenant): Promise<{ tenant: Tenant; replayed: boolean }> => {
    const { tenantId } = context;
    const { version: seenVersion, ...changes } = command;

    await askLedger(context, command);

    const { answer, replayed } = await database.withTenant(context, (session) =>
      idempotent(session, context, { operation, request: command }, async () => {
        const tenant = await getTenantForUpdate(session, tenantId);
        const changed = changeTenant(tenant, changes, seenVersion, clock());
        if (changed === tenant) return toStoredTenant(tenant);
        await updateTenant(session.prisma, changed);
        await recordAudit(session, context, {
          action: 'tenant.updated',
          entity: 'tenant',
          entityId: tenantId,
          before: shown(tenant),
          after: shown(changed),
        });
        await enqueueEvents(session, context, [tenantUpdated(changed)]);
        return toStoredTenant(changed);
      }),
    );
    return { tenant: fromStoredTenant(answer), replayed };
  };

  async function askLedger(context: TenantContext, command: UpdateTenant): Promise<void> {
    const { tenantId } = context;
    const { version: seenVersion, ...changes } = command;
    const { currency } = changes.settings;
    if (currency === undefined) return;
    const { tenant, isRepeated } = await database.withTenant(
      context,
      async (session) => ({
        tenant: await getTenant(session.prisma, tenantId),
        isRepeated: (await findAnswer(session, context, { operation, request: command })) !== undefined,
      }),
      { readOnly: true },
    );
    // A repetition gets the answer of then, so the ledger must not hear of a currency that may be long past.
    if (currency === tenant.settings.currency || isRepeated) return;
    // Refused here already, or the ledger would change for nothing.
    changeTenant(tenant, changes, seenVersion, clock());
    await neighbours.setCurrency(context, tenantId, currency);
  }
}

const operation = 'UpdateTenant';

function shown({ name, settings }: Tenant): { name: string; settings: Settings } {
  return { name, settings };
}
