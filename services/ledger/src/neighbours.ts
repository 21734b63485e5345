import { identity, tenancy } from '@outlay/contracts';
import {
  createGrpcClient,
  type JsonWebKeySet,
  keysOf,
  type Logger,
  serviceTokenOf,
  type TenantContext,
} from '@outlay/platform';
import type { Config } from './config.ts';

/** What the ledger asks of other services. */
export interface Neighbours {
  /** The keys that tokens are verified with. */
  loadKeys: () => Promise<JsonWebKeySet>;
  /** A tenant, before its events have arrived. */
  getTenant: (context: TenantContext) => Promise<tenancy.GetTenantResponse>;
  close: () => void;
}

/** Makes the clients; connections are opened at the first call. */
export function connectNeighbours(config: Config, logger: Logger): Neighbours {
  const shared = { tls: config.grpcTls, logger };
  const { identityAddress, tenancyBillingAddress, serviceClientSecret: clientSecret } = config;
  const identityClient = createGrpcClient(identity.IdentityServiceService, { ...shared, address: identityAddress });
  const tenancyClient = createGrpcClient(tenancy.TenancyBillingServiceService, {
    ...shared,
    address: tenancyBillingAddress,
    tokenSource: serviceTokenOf(identityClient, { clientId: 'ledger', clientSecret }),
    deadlineMs: 1_500,
  });
  return {
    loadKeys: keysOf(identityClient),
    getTenant: (context) => tenancyClient.getTenant(context, { tenantId: context.tenantId }),
    close() {
      identityClient.close();
      tenancyClient.close();
    },
  };
}
