import { identity, ledger, tenancy } from '@outlay/contracts';
import {
  anonymousContext,
  createGrpcClient,
  createServiceTokenSource,
  type JsonWebKeySet,
  type Logger,
  type TenantContext,
  unavailable,
} from '@outlay/platform';
import { z } from 'zod';
import type { Config } from './config.ts';

/** What reporting asks of other services. */
export interface Neighbours {
  /** The keys that tokens are verified with. */
  loadKeys: () => Promise<JsonWebKeySet>;
  streamExpenses: (context: TenantContext) => AsyncIterable<ledger.StreamExpensesResponse>;
  /** The currency a tenant's books are kept in; for the moment before its events have arrived. */
  currencyOf: (context: TenantContext) => Promise<string>;
  close: () => void;
}

/** Makes the clients; connections are opened at the first call. */
export function connectNeighbours(config: Config, logger: Logger): Neighbours {
  const identityClient = createGrpcClient(identity.IdentityServiceService, { address: config.identityAddress, logger });
  const tokenSource = createServiceTokenSource({
    fetch: async () => {
      const issued = await identityClient.issueServiceToken(anonymousContext(), {
        clientId: 'reporting',
        clientSecret: config.serviceClientSecret,
      });
      return { token: issued.accessToken, expiresInSeconds: issued.expiresInSeconds };
    },
  });
  const ledgerClient = createGrpcClient(ledger.LedgerServiceService, {
    address: config.ledgerAddress,
    logger,
    tokenSource,
  });
  const tenancyClient = createGrpcClient(tenancy.TenancyBillingServiceService, {
    address: config.tenancyBillingAddress,
    logger,
  });
  return {
    loadKeys: async () =>
      keySetSchema.parse(JSON.parse((await identityClient.getJwks(anonymousContext(), {})).jwksJson)),
    streamExpenses: (context) => ledgerClient.streamExpenses(context, { tenantId: context.tenantId }),
    currencyOf: async (context) => {
      const { tenant } = await tenancyClient.getTenant(context, { tenantId: context.tenantId });
      if (!tenant?.settings) throw unavailable('tenant_unknown', 'The tenant is not known here yet');
      return tenant.settings.currency;
    },
    close() {
      for (const client of [identityClient, ledgerClient, tenancyClient]) client.close();
    },
  };
}

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
