import { type EventName, identity, ledger, queues, tenancy } from '@outlay/contracts';
import { createBus, type Envelope, envelopeSchema, type OutgoingEvent, toOutboxRow } from '@outlay/messaging';
import { anonymousContext, type CallerContext, createGrpcClient, newId, type Role, toTenantId } from '@outlay/platform';
import {
  createTestDatabase,
  createTestIssuer,
  createTestLogger,
  createTestVhost,
  eventually,
  type FakeHandlers,
  newTenant,
  startFakeGrpc,
  type TcpProxy,
  type TestDatabase,
} from '@outlay/testkit';
import pg from 'pg';
import { compose } from '../../../src/compose.ts';
import { readConfig } from '../../../src/config.ts';

/** Signs the seals of all ledgers of the tests. */
export const sealKey = '5e'.repeat(32);

/** The ledger on real servers, with identity and tenancy-billing played by the test, driven by its RPCs. */
export async function startLedger(
  options: {
    tenancy?: FakeHandlers;
    on?: 'rabbitmq' | 'embedded';
    /** One more process on the database of another, which it reaches through a proxy. */
    through?: { proxy: TcpProxy; database: TestDatabase };
    /** One more process on the database of another. */
    beside?: TestDatabase;
    /** Whether to wait until it serves; it does. */
    isReady?: boolean;
    /** Variables of the environment beside the usual ones. */
    environment?: Record<string, string>;
  } = {},
) {
  const issuer = createTestIssuer();
  const logger = createTestLogger();
  const shared = options.through?.database ?? options.beside;
  const database = shared ?? (await createTestDatabase());
  const databaseUrl = database.urlFor('ledger');
  const vhost = options.on === 'rabbitmq' ? await createTestVhost() : undefined;
  const identityFake = await startFakeGrpc(identity.IdentityServiceService, {
    getJwks: () => ({ jwksJson: JSON.stringify(issuer.jwks) }),
    issueServiceToken: () => ({
      accessToken: issuer.token({ kind: 'service', userId: 'ledger' }),
      expiresInSeconds: 3_600,
    }),
  });
  const tenancyFake = await startFakeGrpc(tenancy.TenancyBillingServiceService, options.tenancy ?? {});
  const service = compose(
    readConfig({
      GRPC_PORT: '0',
      OPS_PORT: '0',
      DATABASE_URL: options.through ? options.through.proxy.url(databaseUrl) : databaseUrl,
      ...(vhost ? { AMQP_URL: vhost.amqpUrl } : { BUS_DATABASE_URL: database.busUrl }),
      IDENTITY_ADDRESS: identityFake.address,
      TENANCY_BILLING_ADDRESS: tenancyFake.address,
      SERVICE_CLIENT_SECRET: 'a secret of the tests',
      LEDGER_SEAL_KEY: sealKey,
      LOG_LEVEL: 'silent',
      ...options.environment,
    }),
    { logger },
  );
  const { grpcPort, opsPort } = await service.start();
  const client = createGrpcClient(ledger.LedgerServiceService, {
    address: `127.0.0.1:${grpcPort}`,
    logger,
    deadlineMs: 10_000,
  });
  const bus = createBus({ amqpUrl: vhost?.amqpUrl, databaseUrl: database.busUrl, queues, logger });
  await bus.start();
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 4 });
  admin.on('error', () => undefined);
  if (options.isReady !== false) await eventually(() => client.ping());

  async function query<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    return (await admin.query<R>(text, values)).rows;
  }

  /** A tenant that tenancy-billing has announced, with callers of each role. */
  async function tenant(settings: { currency?: string; limits?: Limits } = {}) {
    const { tenantId, ownerId, adminId, memberId } = newTenant();
    await insertTenant(admin, tenantId, settings);
    const as = (role: Role, userId: string): CallerContext => ({
      ...anonymousContext(),
      tenantId: toTenantId(tenantId),
      token: issuer.token({ tenantId, userId, role }),
    });
    return {
      tenantId,
      ids: { ownerId, adminId, memberId },
      owner: as('owner', ownerId),
      admin: as('admin', adminId),
      analyst: as('analyst', newId()),
      member: as('member', memberId),
      otherMember: as('member', newId()),
    };
  }

  /** What the outbox holds for a tenant, in the order it was written; each envelope and its data are valid. */
  async function allEvents(tenantId: string): Promise<Envelope[]> {
    const rows = await query<{ envelope: unknown }>(
      'select envelope from ledger.outbox where tenant_id = $1 order by seq',
      [tenantId],
    );
    return rows.map(({ envelope }) => envelopeSchema.parse(envelope) as Envelope);
  }

  /** The same without what the ledger tells by itself, a moment later or not. */
  const events = async (tenantId: string): Promise<Envelope[]> =>
    (await allEvents(tenantId)).filter(({ type }) => !inBackground.has(type));

  return {
    ...{ client, database, bus, query, tenant, events, allEvents, tenancyCalls: tenancyFake.calls },
    tokenFor: issuer.token,
    /** Somebody who runs the platform, and has just proved who they are. */
    platformAdmin: (userId = newId()): CallerContext => ({
      ...anonymousContext(),
      token: issuer.token({ platformAdmin: true, userId }),
    }),
    /** The owner of a tenant that another process made, as this one's issuer knows them. */
    contextFor: ({ tenantId, ids }: { tenantId: string; ids: { ownerId: string } }): CallerContext => ({
      ...anonymousContext(),
      tenantId: toTenantId(tenantId),
      token: issuer.token({ tenantId, userId: ids.ownerId, role: 'owner' }),
    }),
    opsUrl: `http://127.0.0.1:${opsPort}`,
    asService: (tenantId?: string, service = 'reporting'): CallerContext => ({
      ...anonymousContext(),
      tenantId: tenantId === undefined ? undefined : toTenantId(tenantId),
      token: issuer.token({ kind: 'service', userId: service }),
    }),
    /** Hands an event to the bus as tenancy-billing's relay does. */
    async publish<N extends EventName>(event: Extract<OutgoingEvent, { type: N }>, at = new Date()): Promise<void> {
      const row = toOutboxRow({ requestId: newId() }, event, at);
      const [outcome] = await bus.publish([JSON.parse(row.envelope)]);
      if (outcome?.kind !== 'taken') throw new Error('The bus did not take the event');
    },
    async stop() {
      client.close();
      await bus.stop();
      await service.stop();
      await Promise.all([identityFake.stop(), tenancyFake.stop()]);
      await admin.end();
      await vhost?.drop();
      if (!shared) await database.drop();
    },
  };
}

const inBackground = new Set([
  ...['outlay.ledger.journal.sealed.v1', 'outlay.ledger.audit.sealed.v1', 'outlay.ledger.usage.changed.v1'],
]);

export type TestLedger = Awaited<ReturnType<typeof startLedger>>;
export type TestTenant = Awaited<ReturnType<TestLedger['tenant']>>;

/** What the plan of a tenant allows, by metric; what is not named has no limit. */
export type Limits = Partial<Record<Metric, { limit: number; mode: 'soft' | 'hard' }>>;
type Metric = 'projects' | 'accounts' | 'expenses_per_project' | 'expenses_total';

/** A tenant as the events of tenancy-billing would have left it. */
export async function insertTenant(
  admin: pg.Pool,
  tenantId: string,
  { currency = 'EUR', limits = {} }: { currency?: string; limits?: Limits } = {},
): Promise<void> {
  await admin.query(
    'insert into ledger.tenants (tenant_id, currency, entitlements, entitlements_version) values ($1, $2, $3, 1)',
    [tenantId, currency, JSON.stringify(entitlementsOf(limits))],
  );
}

/** As entitlements stand in events, in ProtoJSON. */
export const entitlementsOf = (limits: Limits) =>
  Object.entries(limits).map(([metric, { limit, mode }]) => ({ metric, limit: String(limit), mode }));

/** The same call under an idempotency key. */
export const withKey = (context: CallerContext, key: string): CallerContext => ({ ...context, idempotencyKey: key });

/** What a client says of an ordinary expense, with what the test wants to be different. */
export function anExpense(different: Partial<ledger.ExpenseInput> = {}): ledger.ExpenseInput {
  return {
    amount: { currency: 'EUR', amountMinor: 12_550n },
    title: 'Design tool',
    description: 'Yearly licence',
    categoryId: '',
    accountId: '',
    projectId: '',
    expenseDate: '2025-01-15',
    paymentMethod: 'credit_card',
    tags: ['office', 'supplies'],
    vendor: 'Draftsman Ltd',
    exchangeRate: '',
    ...different,
  };
}

/** Everything that matches. */
export const everything: ledger.ExpenseFilter = {
  dateFrom: '',
  dateTo: '',
  categoryIds: [],
  accountIds: [],
  projectIds: [],
  tags: [],
  eachTag: false,
  vendor: '',
  currency: '',
  paymentMethod: '',
  userId: '',
  status: '',
  text: '',
  importId: '',
};
