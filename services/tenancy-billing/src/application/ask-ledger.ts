import { enqueueEvents } from '@outlay/messaging';
import { isDomainError, pause, recordAudit, type TenantContext } from '@outlay/platform';
import { changeTenant, type Tenant } from '../domain/tenant.ts';
import { tenantUpdated } from '../messaging/tenant-events.ts';
import { endAsking, leaveAsking } from '../store/currency-askings.ts';
import type { TenancySession } from '../store/database.ts';
import { changedMeanwhile, getTenantForUpdate, updateTenant } from '../store/tenants.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** An asking for a currency that has been noted. */
export interface CurrencyAsking {
  currency: string;
  asking: bigint;
}

/**
 * Asks the ledger for a currency, and confirms that in a transaction, with which the asking ends. Where the ledger has booked
 * in another one, the settings take that. After any other failure the asking is left: what the ledger has made of it
 * is settled by the tenant's next change of the currency, or by a job within minutes.
 *
 * Throws conflict `currency_fixed`, conflict `changed_meanwhile`, unavailable, and what `confirm` throws.
 */
export async function askLedger<T>(
  dependencies: TenancyDependencies,
  context: TenantContext,
  { currency, asking }: CurrencyAsking,
  confirm: (session: TenancySession) => Promise<T>,
): Promise<T> {
  const { database, neighbours, logger } = dependencies;
  try {
    await neighbours.setCurrency(context, { tenantId: context.tenantId, currency, asking });
    return await database.withTenant(context, async (session) => {
      const answer = await confirm(session);
      if (!(await endAsking(session, asking))) throw changedMeanwhile();
      return answer;
    });
  } catch (error) {
    const booked =
      isDomainError(error, 'conflict') && error.code === 'currency_fixed' ? error.meta.currency : undefined;
    try {
      await database.withTenant(context, async (session) => {
        if (booked === undefined) await leaveAsking(session, asking);
        else if (await endAsking(session, asking)) await takeCurrency(dependencies, session, context, booked);
      });
    } catch (failure) {
      // It ends by its time.
      logger.warn({ error: failure, tenant_id: context.tenantId }, 'asking for a currency could not be noted as ended');
    }
    throw error;
  }
}

/** Waits while the ledger is being asked for a tenant's currency, for as long as a caller may wait. */
export async function afterAskings<T>(change: () => Promise<T>): Promise<T> {
  const givesUpAt = performance.now() + waitMs;
  for (;;) {
    try {
      return await change();
    } catch (error) {
      const isAsked = isDomainError(error, 'conflict') && error.code === changedMeanwhile().code;
      if (!isAsked || performance.now() >= givesUpAt) throw error;
    }
    // Two that wait do not keep step.
    await pause(10 + 30 * Math.random());
  }
}

/** Below the two seconds that callers wait. */
const waitMs = 1_500;

/** Stores a changed tenant with its audit entry and its event. */
export async function keepTenant(
  session: TenancySession,
  context: TenantContext,
  { before, after }: { before: Tenant; after: Tenant },
): Promise<void> {
  if (after === before) return;
  await updateTenant(session.prisma, after);
  await recordAudit(session, context, {
    action: 'tenant.updated',
    entity: 'tenant',
    entityId: after.id,
    before: shown(before),
    after: shown(after),
  });
  await enqueueEvents(session, context, [tenantUpdated(after)]);
}

const shown = ({ name, settings }: Tenant) => ({ name, settings });

async function takeCurrency(
  { clock }: TenancyDependencies,
  session: TenancySession,
  context: TenantContext,
  currency: string,
): Promise<void> {
  const before = await getTenantForUpdate(session, context.tenantId);
  const after = changeTenant(before, { settings: { currency } }, undefined, clock());
  await keepTenant(session, context, { before, after });
}
