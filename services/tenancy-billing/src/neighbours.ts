import { identity, ledger } from '@outlay/contracts';
import {
  type CallerContext,
  createGrpcClient,
  type JsonWebKeySet,
  keysOf,
  type Logger,
  serviceTokenOf,
  toTenantId,
} from '@outlay/platform';
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
  /**
   * Throws conflict `currency_fixed`, with the currency of the books as its `currency`, once something is booked in another
   * one; conflict `changed_meanwhile` where the ledger has heard of a later asking.
   */
  setCurrency(context: CallerContext, request: ledger.SetTenantCurrencyRequest): Promise<void>;
  close(): void;
}

/** Makes the clients; connections are opened at the first call. */
export function connectNeighbours(config: Config, logger: Logger): Neighbours {
  const { identityAddress, ledgerAddress, serviceClientSecret: clientSecret, grpcTls: tls } = config;
  const forTokens = createGrpcClient(identity.IdentityServiceService, { address: identityAddress, tls, logger });
  const tokenSource = serviceTokenOf(forTokens, { clientId: 'tenancy-billing', clientSecret });
  const asItself = { tls, logger, tokenSource };
  const identityClient = createGrpcClient(identity.IdentityServiceService, { ...asItself, address: identityAddress });
  // Below what callers wait, so that they hear that it is away.
  const ofLedger = { ...asItself, address: ledgerAddress, deadlineMs: 1_500 };
  const ledgerClient = createGrpcClient(ledger.LedgerServiceService, ofLedger);

  return {
    loadKeys: keysOf(forTokens),
    ensureToken: async () => void (await tokenSource()),
    async createOwner(context, request) {
      const { user } = await identityClient.createOwner(asService(context, request.tenantId), request);
      if (!user) throw new Error('identity answered no user');
      return user;
    },
    async findOwner(context, tenantId) {
      return (await identityClient.getTenantOwner(asService(context, tenantId), { tenantId })).user;
    },
    async setCurrency(context, request) {
      await ledgerClient.setTenantCurrency(asService(context, request.tenantId), request);
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
