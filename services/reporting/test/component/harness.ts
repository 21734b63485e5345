import { type EventName, identity, ledger, queues, reporting, tenancy } from '@outlay/contracts';
import { type Bus, createBus, type Envelope, type OutgoingEvent, toOutboxRow } from '@outlay/messaging';
import {
  anonymousContext,
  type CallerContext,
  createGrpcClient,
  type GrpcClient,
  newId,
  type RpcService,
  type TenantId,
  toTenantId,
} from '@outlay/platform';
import {
  createTestDatabase,
  createTestIssuer,
  createTestLogger,
  createTestVhost,
  type FakeHandlers,
  startFakeGrpc,
  type TestDatabase,
  type TestTokenInput,
} from '@outlay/testkit';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';

/** Reporting on real servers, with its neighbours played by the test. */
export interface Harness {
  database: TestDatabase;
  bus: Bus;
  /** Undefined on the embedded bus. */
  amqpUrl: string | undefined;
  ledgerCalls: { metadata: Record<string, string> }[];
  tenancyCalls: { metadata: Record<string, string> }[];
  /** One more replica of the service; the first runs already. */
  startReplica(
    environment?: NodeJS.ProcessEnv,
  ): Promise<Pick<Harness, 'client' | 'opsUrl'> & { stop(): Promise<void> }>;
  service: RpcService;
  client: GrpcClient<typeof reporting.ReportingServiceService>;
  opsUrl: string;
  as(input: TestTokenInput): CallerContext;
  /** Hands events to the bus as the ledger's relay does; `times` says how often each is delivered. */
  publish(tenantId: TenantId, events: PublishedEvent[], times?: number): Promise<void>;
  stop(): Promise<void>;
}

export type PublishedEvent<N extends EventName = EventName> = Pick<
  OutgoingEvent<N>,
  'type' | 'aggregateVersion' | 'data'
>;

/** Starts everything. The fakes of ledger and tenancy-billing may be given; identity always issues what is asked. */
export async function startHarness(
  fakes: {
    ledger?: FakeHandlers;
    tenancy?: FakeHandlers;
    on?: 'rabbitmq' | 'embedded';
    /** What the service is told instead, such as the address of a proxy. */
    environment?: NodeJS.ProcessEnv;
  } = {},
): Promise<Harness> {
  const issuer = createTestIssuer();
  const logger = createTestLogger();
  const database = await createTestDatabase();
  const vhost = fakes.on === 'embedded' ? undefined : await createTestVhost();
  const identityFake = await startFakeGrpc(identity.IdentityServiceService, {
    getJwks: () => ({ jwksJson: JSON.stringify(issuer.jwks) }),
    issueServiceToken: () => ({ accessToken: issuer.token({ kind: 'service' }), expiresInSeconds: 3_600 }),
  });
  const ledgerFake = await startFakeGrpc(ledger.LedgerServiceService, fakes.ledger ?? {});
  const tenancyFake = await startFakeGrpc(tenancy.TenancyBillingServiceService, fakes.tenancy ?? {});
  const usual = {
    GRPC_PORT: '0',
    OPS_PORT: '0',
    DATABASE_URL: database.urlFor('reporting'),
    ...(vhost ? { AMQP_URL: vhost.amqpUrl } : { BUS_DATABASE_URL: database.busUrl }),
    IDENTITY_ADDRESS: identityFake.address,
    LEDGER_ADDRESS: ledgerFake.address,
    TENANCY_BILLING_ADDRESS: tenancyFake.address,
    SERVICE_CLIENT_SECRET: 'a secret of the tests',
    LOG_LEVEL: 'silent',
  };
  const running: { service: RpcService; client: Harness['client'] }[] = [];
  const startReplica = async (environment: NodeJS.ProcessEnv = {}) => {
    const service = compose(readConfig({ ...usual, ...environment }), { logger });
    const { grpcPort, opsPort } = await service.start();
    const address = `127.0.0.1:${grpcPort}`;
    const client = createGrpcClient(reporting.ReportingServiceService, { address, logger, deadlineMs: 30_000 });
    running.push({ service, client });
    return { service, client, opsUrl: `http://127.0.0.1:${opsPort}`, stop: service.stop };
  };
  const first = await startReplica(fakes.environment);
  const bus = createBus({ amqpUrl: vhost?.amqpUrl, databaseUrl: database.busUrl, queues, logger });
  await bus.start();

  return {
    database,
    bus,
    amqpUrl: vhost?.amqpUrl,
    ledgerCalls: ledgerFake.calls,
    tenancyCalls: tenancyFake.calls,
    startReplica,
    service: first.service,
    client: first.client,
    opsUrl: first.opsUrl,
    as: (input) => ({
      ...anonymousContext(),
      tenantId: input.tenantId === undefined ? undefined : toTenantId(input.tenantId),
      token: issuer.token(input),
    }),
    async publish(tenantId, events, times = 1) {
      const envelopes = events.map((event) => envelopeOf(tenantId, event));
      const outcomes = await Promise.all(Array.from({ length: times }, () => bus.publish(envelopes)));
      const refused = outcomes.flat().filter((outcome) => outcome.kind !== 'taken');
      if (refused.length > 0) throw new Error(`The bus did not take ${refused.length} events`);
    },
    async stop() {
      for (const { client } of running) client.close();
      await bus.stop();
      await Promise.all(running.map(({ service }) => service.stop()));
      await Promise.all([identityFake.stop(), ledgerFake.stop(), tenancyFake.stop()]);
      await vhost?.drop();
      await database.drop();
    },
  };
}

/** The envelope that the publisher's relay would have made. */
function envelopeOf(tenantId: TenantId, event: PublishedEvent): Envelope {
  const outgoing = { ...event, tenantId, subject: newId() } as OutgoingEvent;
  return JSON.parse(toOutboxRow({ requestId: newId() }, outgoing).envelope);
}
