import { findAnswer, idempotent, type TenantContext } from '@outlay/platform';
import { changeTenant, type Tenant, type TenantChanges } from '../domain/tenant.ts';
import { beginAsking, isAskingLeft } from '../store/currency-askings.ts';
import type { TenancySession } from '../store/database.ts';
import { fromStoredTenant, type StoredTenant, toStoredTenant } from '../store/stored-answer.ts';
import { getTenantForUpdate } from '../store/tenants.ts';
import { afterAskings, askLedger, type CurrencyAsking, keepTenant } from './ask-ledger.ts';
import type { TenancyDependencies } from './dependencies.ts';

export interface UpdateTenant extends TenantChanges {
  /** The version that the caller has seen; without it the newest. */
  version?: bigint;
}

/**
 * Changes name and settings of the caller's tenant and emits tenant.updated, unless nothing changes. A new currency is
 * asked of the ledger first: it alone knows whether something is booked, and from then on books in it. Whatever else is
 * to change the tenant waits meanwhile, so that what was not refused before is not refused after. Honours the idempotency key.
 *
 * Throws conflict `currency_fixed`, conflict `changed_meanwhile`, precondition_failed `version_mismatch`.
 */
export function createUpdateTenant(dependencies: TenancyDependencies) {
  const { database, clock } = dependencies;

  return async (context: TenantContext, command: UpdateTenant): Promise<{ tenant: Tenant; replayed: boolean }> => {
    const begun = await afterAskings(() =>
      database.withTenant(context, async (session) => {
        const toAsk = await noteAsking(session, context, command);
        return toAsk ? { toAsk } : { done: await change(session, context, command) };
      }),
    );
    const { answer, replayed } =
      begun.done ??
      (await askLedger(dependencies, context, begun.toAsk, (session) =>
        change(session, context, command, begun.toAsk.asking),
      ));
    return { tenant: fromStoredTenant(answer), replayed };
  };

  /** Notes that the ledger is to be asked for the currency; undefined when it need not be. */
  async function noteAsking(
    session: TenancySession,
    context: TenantContext,
    command: UpdateTenant,
  ): Promise<CurrencyAsking | undefined> {
    const { version: seenVersion, ...changes } = command;
    const { currency } = changes.settings;
    if (currency === undefined) return undefined;
    // A repetition gets the answer of then, so the ledger must not hear of a currency that may be long past.
    if ((await findAnswer(session, context, { operation, request: command })) !== undefined) return undefined;
    const tenant = await getTenantForUpdate(session, context.tenantId);
    changeTenant(tenant, changes, seenVersion, clock());
    if (currency === tenant.settings.currency && !(await isAskingLeft(session))) return undefined;
    return { currency, asking: await beginAsking(session) };
  }

  function change(
    session: TenancySession,
    context: TenantContext,
    command: UpdateTenant,
    asking?: bigint,
  ): Promise<{ answer: StoredTenant; replayed: boolean }> {
    const { version: seenVersion, ...changes } = command;
    return idempotent(session, context, { operation, request: command }, async () => {
      const before = await getTenantForUpdate(session, context.tenantId, asking);
      const after = changeTenant(before, changes, seenVersion, clock());
      await keepTenant(session, context, { before, after });
      return toStoredTenant(after);
    });
  }
}

const operation = 'UpdateTenant';
