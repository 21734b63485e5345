import { identity, ledger, notifications, reporting, tenancy } from '@outlay/contracts';
import {
  anonymousContext,
  createGrpcClient,
  createServiceTokenSource,
  type GrpcClient,
  type Logger,
  unavailable,
} from '@outlay/platform';
import type { GatewayConfig } from './config.ts';

type IdentityClient = GrpcClient<typeof identity.IdentityServiceService>;

/** The services behind this gateway, by area. */
export interface Services {
  identity: IdentityClient;
  /** Identity again, for calls in the gateway's own name. */
  identityAsGateway: IdentityClient;
  tenancy: GrpcClient<typeof tenancy.TenancyBillingServiceService>;
  ledger: GrpcClient<typeof ledger.LedgerServiceService>;
  notifications: GrpcClient<typeof notifications.NotificationsServiceService>;
  reporting: GrpcClient<typeof reporting.ReportingServiceService>;
}

/**
 * Makes the clients. They connect when first used, find a service again after it was away, and are the only ones in
 * the platform that try again.
 */
export function createServices(config: GatewayConfig, logger: Logger): Services {
  const shared = { logger, deadlineMs: config.deadlineMs, retry: true };
  const client = createGrpcClient(identity.IdentityServiceService, { ...shared, address: config.identityAddress });
  const tokenSource = createServiceTokenSource({ fetch: () => fetchServiceToken(client, config.serviceClientSecret) });
  return {
    identity: client,
    identityAsGateway: createGrpcClient(identity.IdentityServiceService, {
      ...shared,
      address: config.identityAddress,
      tokenSource,
    }),
    tenancy: createGrpcClient(tenancy.TenancyBillingServiceService, {
      ...shared,
      address: config.tenancyBillingAddress,
    }),
    ledger: createGrpcClient(ledger.LedgerServiceService, { ...shared, address: config.ledgerAddress }),
    notifications: createGrpcClient(notifications.NotificationsServiceService, {
      ...shared,
      address: config.notificationsAddress,
    }),
    reporting: createGrpcClient(reporting.ReportingServiceService, { ...shared, address: config.reportingAddress }),
  };
}

export function closeServices(services: Services): void {
  for (const client of Object.values(services) as { close(): void }[]) client.close();
}

async function fetchServiceToken(client: IdentityClient, clientSecret: string | undefined) {
  if (!clientSecret) throw unavailable('service_token_unavailable', 'SERVICE_CLIENT_SECRET is not set');
  const issued = await client.issueServiceToken(anonymousContext(), { clientId: 'gateway', clientSecret });
  return { token: issued.accessToken, expiresInSeconds: issued.expiresInSeconds };
}
