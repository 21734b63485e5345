import type { tenancy } from '@outlay/contracts';
import {
  type Database,
  notFound,
  systemContext,
  type TenantContext,
  type TenantId,
  unavailable,
} from '@outlay/platform';
import { findCurrencyStatement, insertTenant } from '../store/tenants.ts';

/** What the ledger knows of tenants before it books for them. */
export interface TenantBooks {
  /**
   * The currency of a tenant's books, fetched from tenancy-billing where the tenant's first event has not arrived yet.
   * It is remembered, so it may be out of date until the first booking fixes it: what is written must compare it.
   * Throws not_found `tenant_not_found`, or unavailable while tenancy-billing cannot be asked.
   */
  currencyOf(context: TenantContext): Promise<string>;
  /** Sees to it that the tenant is stored; throws as above. */
  ensure(context: TenantContext): Promise<void>;
  /** Reads the currency anew the next time. */
  forget(tenantId: TenantId): void;
}

/** Some 100 bytes each. */
const rememberedMax = 10_000;

/** Makes the books; `getTenant` asks tenancy-billing as the service itself. */
export function createTenantBooks(options: {
  database: Pick<Database, 'once' | 'withTenant'>;
  getTenant: (context: TenantContext) => Promise<tenancy.GetTenantResponse>;
}): TenantBooks {
  const { database, getTenant } = options;
  const currencies = new Map<TenantId, string>();

  async function currencyOf(context: TenantContext): Promise<string> {
    const known = currencies.get(context.tenantId);
    if (known !== undefined) return known;
    const currency = (await stored(context.tenantId)) ?? (await fetched(context));
    if (currencies.size >= rememberedMax) currencies.clear();
    currencies.set(context.tenantId, currency);
    return currency;
  }

  async function stored(tenantId: TenantId): Promise<string | undefined> {
    const [row] = await database.once<{ currency: string }>(findCurrencyStatement, [tenantId]);
    return row?.currency;
  }

  async function fetched({ tenantId, requestId }: TenantContext): Promise<string> {
    const context = systemContext(tenantId, requestId, 'ledger');
    const { tenant, entitlements } = await getTenant(context);
    if (tenant?.settings === undefined) throw notFound('tenant_not_found', 'There is no such tenant');
    const { settings, plan, version } = tenant;
    await database.withTenant(context, (session) => insertTenant(session, { settings, plan, entitlements, version }));
    const currency = await stored(tenantId);
    if (currency === undefined) throw unavailable('tenant_unknown', 'The tenant is not known here yet');
    return currency;
  }

  return {
    currencyOf,
    async ensure(context) {
      await currencyOf(context);
    },
    forget(tenantId) {
      currencies.delete(tenantId);
    },
  };
}
