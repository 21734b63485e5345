import { identity, ledger, tenancy } from '@outlay/contracts';
import {
  createGrpcClient,
  type JsonWebKeySet,
  keysOf,
  type Logger,
  serviceTokenOf,
  type TenantContext,
  unavailable,
} from '@outlay/platform';
import type { Config } from './config.ts';

/** What reporting asks of other services. */
export interface Neighbours {
  /** The keys that tokens are verified with. */
  loadKeys: () => Promise<JsonWebKeySet>;
  streamExpenses: (context: TenantContext) => AsyncIterable<ledger.StreamExpensesResponse>;
  /** The currency a tenant's books are kept in; for the moment before its events have arrived. */
  currencyOf: (context: TenantContext) => Promise<string>;
  /** Throws not_found `tenant_not_found` where there is no such tenant. */
  requireTenant: (context: TenantContext) => Promise<void>;
  close: () => void;
}

/** Makes the clients; connections are opened at the first call. */
export function connectNeighbours(config: Config, logger: Logger): Neighbours {
  const { identityAddress, ledgerAddress, tenancyBillingAddress, serviceClientSecret: clientSecret } = config;
  const shared = { tls: config.grpcTls, logger };
  const identityClient = createGrpcClient(identity.IdentityServiceService, { ...shared, address: identityAddress });
  const tokenSource = serviceTokenOf(identityClient, { clientId: 'reporting', clientSecret });
  const ledgerClient = createGrpcClient(ledger.LedgerServiceService, {
    ...shared,
    address: ledgerAddress,
    tokenSource,
  });
  const tenancyClient = createGrpcClient(tenancy.TenancyBillingServiceService, {
    ...shared,
    address: tenancyBillingAddress,
    tokenSource,
  });
  return {
    loadKeys: keysOf(identityClient),
    streamExpenses: (context) => ledgerClient.streamExpenses(context, { tenantId: context.tenantId }),
    currencyOf: async (context) => {
      const { tenant } = await tenancyClient.getTenant(context, { tenantId: context.tenantId });
      if (!tenant?.settings) throw unavailable('tenant_unknown', 'The tenant is not known here yet');
      return tenant.settings.currency;
    },
    requireTenant: async (context) => {
      await tenancyClient.getTenant(context, { tenantId: context.tenantId });
    },
    close() {
      for (const client of [identityClient, ledgerClient, tenancyClient]) client.close();
    },
  };
}
