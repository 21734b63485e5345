import { enqueueEvents } from '@outlay/messaging';
import { idempotent, invalid, recordAudit, type TenantContext } from '@outlay/platform';
import { type Settings, settingsFaults } from '../domain/settings.ts';
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
 * Throws invalid for settings that are none, conflict `currency_fixed`, precondition_failed `version_mismatch`.
 */
export function createUpdateTenant({ database, neighbours, clock }: TenancyDependencies) {
  return async (context: TenantContext, command: UpdateTenant): Promise<Tenant> => {
    const faults = settingsFaults(command.settings);
    if (faults.length > 0) throw invalid(faults);
    const { tenantId } = context;
    const { version: seenVersion, ...changes } = command;

    const before = await database.withTenant(context, ({ prisma }) => getTenant(prisma, tenantId), { readOnly: true });
    const { currency } = changes.settings;
    const isNewCurrency = currency !== undefined && currency !== before.settings.currency;
    if (isNewCurrency) {
      // Refused here already, or the ledger would change for nothing.
      changeTenant(before, changes, seenVersion, clock());
      await neighbours.setCurrency(context, tenantId, currency);
    }

    const request = { ...changes, version: seenVersion };
    const { answer } = await database.withTenant(context, (session) =>
      idempotent(session, context, { operation: 'UpdateTenant', request }, async () => {
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
    return fromStoredTenant(answer);
  };
}

function shown({ name, settings }: Tenant): { name: string; settings: Settings } {
  return { name, settings };
}
