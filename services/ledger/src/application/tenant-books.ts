import type { tenancy } from '@outlay/contracts';
import {
  type Database,
  notFound,
  systemContext,
  type TenantContext,
  type TenantId,
  unavailable,
} from '@outlay/platform';
import { findCurrencyStatement, insertTenant, type TenantCurrency } from '../store/tenants.ts';

/** What the ledger knows of tenants before it books for them. */
export interface TenantBooks {
  /**
   * The currency of a tenant's books, fetched from tenancy-billing with the plan where the tenant's first events have not
   * arrived yet.
   * Until the first booking fixes it, it may change at any moment: what is written must compare it.
   * Throws not_found `tenant_not_found`, or unavailable while tenancy-billing cannot be asked.
   */
  currencyOf(context: TenantContext): Promise<string>;
  /** Sees to it that the tenant is stored, with what its plan allows; throws as above. */
  ensure(context: TenantContext): Promise<void>;
}

/** Some 100 bytes each. */
const rememberedMax = 10_000;

/** Makes the books; `getTenant` asks tenancy-billing as the service itself. */
export function createTenantBooks(options: {
  database: Pick<Database, 'once' | 'withTenant'>;
  getTenant: (context: TenantContext) => Promise<tenancy.GetTenantResponse>;
}): TenantBooks {
  const { database, getTenant } = options;
  /** Fixed ones alone: another process may change the others. */
  const fixed = new Map<TenantId, string>();

  async function currencyOf(context: TenantContext): Promise<string> {
    const remembered = fixed.get(context.tenantId);
    if (remembered !== undefined) return remembered;
    const known = await stored(context.tenantId);
    const { currency, isFixed } = known?.isEntitled ? known : await fetched(context);
    if (isFixed) {
      if (fixed.size >= rememberedMax) fixed.clear();
      fixed.set(context.tenantId, currency);
    }
    return currency;
  }

  async function stored(tenantId: TenantId): Promise<TenantCurrency | undefined> {
    const [row] = await database.once<TenantCurrency>(findCurrencyStatement, [tenantId]);
    return row;
  }

  async function fetched({ tenantId, requestId, correlationId }: TenantContext): Promise<TenantCurrency> {
    const context = { ...systemContext(tenantId, requestId, 'ledger'), correlationId };
    const { tenant, entitlements } = await getTenant(context);
    if (tenant?.settings === undefined) throw notFound('tenant_not_found', 'There is no such tenant');
    const { settings, plan, version } = tenant;
    await database.withTenant(context, (session) => insertTenant(session, { settings, plan, entitlements, version }));
    const currency = await stored(tenantId);
    if (!currency?.isEntitled) throw unavailable('tenant_unknown', 'The tenant is not known here yet');
    return currency;
  }

  return {
    currencyOf,
    async ensure(context) {
      await currencyOf(context);
    },
  };
}
