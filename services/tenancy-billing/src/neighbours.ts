import { identity, ledger } from '@outlay/contracts';
import {
  anonymousContext,
  type CallerContext,
  createGrpcClient,
  createServiceTokenSource,
  type JsonWebKeySet,
  type Logger,
  toTenantId,
} from '@outlay/platform';
import { z } from 'zod';
import type { Config } from './config.ts';
import type { Owner } from './messaging/tenant-events.ts';

/** What this service asks of others. All calls are made as the service itself. */
export interface Neighbours {
  /** The keys that tokens are verified with. */
  loadKeys(): Promise<JsonWebKeySet>;
  /** Makes sure of a token to call with; throws unavailable while identity is away. */
  ensureToken(): Promise<void>;
  createOwner(context: CallerContext, request: identity.CreateOwnerRequest): Promise<Owner>;
  /** The owner of a tenant; undefined when there is none. */
  findOwner(context: CallerContext, tenantId: string): Promise<Owner | undefined>;
  /** Throws conflict `currency_fixed` once something is booked. */
  setCurrency(context: CallerContext, tenantId: string, currency: string): Promise<void>;
  close(): void;
}

/** Makes the clients; connections are opened at the first call. */
export function connectNeighbours(config: Config, logger: Logger): Neighbours {
  const forTokens = createGrpcClient(identity.IdentityServiceService, { address: config.identityAddress, logger });
  const tokenSource = createServiceTokenSource({
    fetch: async () => {
      const issued = await forTokens.issueServiceToken(anonymousContext(), {
        clientId: 'tenancy-billing',
        clientSecret: config.serviceClientSecret,
      });
      return { token: issued.accessToken, expiresInSeconds: issued.expiresInSeconds };
    },
  });
  const identityClient = createGrpcClient(identity.IdentityServiceService, {
    address: config.identityAddress,
    logger,
    tokenSource,
  });
  const ledgerClient = createGrpcClient(ledger.LedgerServiceService, {
    address: config.ledgerAddress,
    logger,
    tokenSource,
  });

  return {
    loadKeys: async () => keySetShape.parse(JSON.parse((await forTokens.getJwks(anonymousContext(), {})).jwksJson)),
    ensureToken: async () => void (await tokenSource()),
    async createOwner(context, request) {
      const { user } = await identityClient.createOwner(asService(context, request.tenantId), request);
      if (!user) throw new Error('identity answered no user');
      return user;
    },
    async findOwner(context, tenantId) {
      return (await identityClient.getTenantOwner(asService(context, tenantId), { tenantId })).user;
    },
    async setCurrency(context, tenantId, currency) {
      await ledgerClient.setTenantCurrency(asService(context, tenantId), { tenantId, currency });
    },
    close() {
      for (const client of [forTokens, identityClient, ledgerClient]) client.close();
    },
  };
}

/** The caller's request, but neither their token nor their key: the call is this service's own. */
function asService(context: CallerContext, tenantId: string): CallerContext {
  return { ...context, tenantId: toTenantId(tenantId), token: undefined, idempotencyKey: undefined };
}

const keySetShape = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
