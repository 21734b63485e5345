import { isDomainError, systemContext, type TenantId, toTenantId } from '@outlay/platform';
import { beginAsking, isAskingLeft, listLeftAskings } from '../store/currency-askings.ts';
import { getTenantForUpdate } from '../store/tenants.ts';
import { askLedger } from './ask-ledger.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** At some milliseconds each a fraction of the minute until the next run. */
const tenantsMax = 1_000;

/**
 * Brings askings to an end that a crash, or an answer that never came, has left: the ledger is asked for the currency that the
 * settings have; where something is booked in another one already, the settings take that. Throws unavailable while the
 * ledger is away.
 */
export function createSettleCurrencies(dependencies: TenancyDependencies) {
  const { database, logger } = dependencies;

  async function settle(tenantId: TenantId): Promise<void> {
    const context = systemContext(tenantId, undefined, 'tenancy-billing');
    const toAsk = await database.withTenant(context, async (session) => {
      const { settings } = await getTenantForUpdate(session, tenantId);
      if (!(await isAskingLeft(session))) return undefined;
      return { currency: settings.currency, asking: await beginAsking(session) };
    });
    if (toAsk) await askLedger(dependencies, context, toAsk, async () => undefined);
  }

  return async (now: Date): Promise<void> => {
    const left = await database.withSystem(({ prisma }) => listLeftAskings(prisma, now, tenantsMax), {
      readOnly: true,
    });
    for (const tenantId of left) {
      try {
        await settle(toTenantId(tenantId));
      } catch (error) {
        // With the ledger away the others would fare no better. A conflict has settled it, or another change is doing so.
        if (isDomainError(error, 'unavailable') || isDomainError(error, 'deadline_exceeded')) throw error;
        if (isDomainError(error, 'conflict')) continue;
        logger.error({ error, tenant_id: tenantId }, 'currency cannot be settled');
      }
    }
    if (left.length > 0) logger.info({ tenants: left.length }, 'currencies settled');
  };
}
