import { identity, tenancy } from '@outlay/contracts';
import {
  anonymousContext,
  createGrpcClient,
  createServiceTokenSource,
  type JsonWebKeySet,
  type Logger,
  type TenantContext,
} from '@outlay/platform';
import { z } from 'zod';
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
  const tls = config.grpcTls;
  const identityClient = createGrpcClient(identity.IdentityServiceService, {
    address: config.identityAddress,
    tls,
    logger,
  });
  const tokenSource = createServiceTokenSource({
    fetch: async () => {
      const issued = await identityClient.issueServiceToken(anonymousContext(), {
        clientId: 'ledger',
        clientSecret: config.serviceClientSecret,
      });
      return { token: issued.accessToken, expiresInSeconds: issued.expiresInSeconds };
    },
  });
  const tenancyClient = createGrpcClient(tenancy.TenancyBillingServiceService, {
    address: config.tenancyBillingAddress,
    tls,
    logger,
    tokenSource,
    deadlineMs: 1_500,
  });
  return {
    loadKeys: async () => keySet.parse(JSON.parse((await identityClient.getJwks(anonymousContext(), {})).jwksJson)),
    getTenant: (context) => tenancyClient.getTenant(context, { tenantId: context.tenantId }),
    close() {
      identityClient.close();
      tenancyClient.close();
    },
  };
}

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
