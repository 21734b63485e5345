import { identity, ledger, notifications, reporting, tenancy } from '@outlay/contracts';
import { createGrpcClient, type GrpcClient, type Logger, serviceTokenOf } from '@outlay/platform';
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
  const shared = { tls: config.grpcTls, logger, deadlineMs: config.deadlineMs, retry: true };
  const ofIdentity = { ...shared, address: config.identityAddress };
  const identityClient = createGrpcClient(identity.IdentityServiceService, ofIdentity);
  const tokenSource = serviceTokenOf(identityClient, {
    clientId: 'gateway',
    clientSecret: config.serviceClientSecret,
  });
  return {
    identity: identityClient,
    identityAsGateway: createGrpcClient(identity.IdentityServiceService, { ...ofIdentity, tokenSource }),
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
