import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventData, type EventName, events, identity, notifications, queues } from '@outlay/contracts';
import { createBus, type Envelope, type OutgoingEvent, toOutboxRow } from '@outlay/messaging';
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
  startFakeGrpc,
  type TestDatabase,
  type TestTokenInput,
} from '@outlay/testkit';
import pg from 'pg';
import { compose, type Overrides } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { sharedSecret } from './token-box.ts';

type Registration = EventData<'outlay.tenancy.tenant.registered.v1'>;

/** Notifications on real servers, with identity played by the test and mail going to a folder of its own. */
export interface Harness {
  database: TestDatabase;
  client: GrpcClient<typeof notifications.NotificationsServiceService>;
  opsUrl: string;
  /** One more replica of the service. */
  startReplica(overrides?: Overrides): Promise<RpcService>;
  /** Stops the first replica. */
  stopService(): Promise<void>;
  as(input: TestTokenInput): CallerContext;
  /** Announces a new tenant as tenancy-billing does; `times` says how often the event is delivered. */
  register(
    registration?: Partial<Registration>,
    times?: number,
  ): Promise<{ tenantId: TenantId; registration: Registration }>;
  /** Announces what happened in a tenant as its owner does; `times` says how often the event is delivered. */
  announce<N extends EventName>(tenantId: TenantId, type: N, data: EventData<N>, times?: number): Promise<void>;
  /** The mails of a tenant by kind, oldest first, their soft line breaks undone. */
  mailsOf(tenantId: TenantId, kind: string): Promise<string[]>;
  /** What the owner of a tenant sees in the log of its mails. */
  deliveriesOf(tenantId: TenantId): Promise<notifications.Delivery[]>;
  /** The attempts of a tenant's mails, in order, as the administrator of the database sees them. */
  attemptsOf(tenantId: TenantId): Promise<{ attempt: number; outcome: string; error: string | null }[]>;
  administer(statement: string, values: unknown[]): Promise<pg.QueryResult>;
  /** The mails in the local outbox, by file name. */
  outbox(): Promise<Map<string, string>>;
  stop(): Promise<void>;
}

/** Starts everything. `overrides` are those of compose. */
export async function startHarness(
  given: {
    overrides?: Overrides;
    on?: 'rabbitmq' | 'embedded';
    /** Puts something between the service and its database. */
    proxied?: (databaseUrl: string) => Promise<string>;
  } = {},
): Promise<Harness> {
  const issuer = createTestIssuer();
  const logger = createTestLogger();
  const database = await createTestDatabase();
  const vhost = given.on === 'embedded' ? undefined : await createTestVhost();
  const directory = await mkdtemp(join(tmpdir(), 'outlay-mail-'));
  const identityFake = await startFakeGrpc(identity.IdentityServiceService, {
    getJwks: () => ({ jwksJson: JSON.stringify(issuer.jwks) }),
  });
  const databaseUrl = database.urlFor('notifications');
  const config = readConfig({
    GRPC_PORT: '0',
    OPS_PORT: '0',
    DATABASE_URL: (await given.proxied?.(databaseUrl)) ?? databaseUrl,
    ...(vhost ? { AMQP_URL: vhost.amqpUrl } : { BUS_DATABASE_URL: database.busUrl }),
    IDENTITY_ADDRESS: identityFake.address,
    MAIL_OUTBOX_DIRECTORY: directory,
    SERVICE_CLIENT_SECRET: sharedSecret,
    PUBLIC_URL: 'https://outlay.test/',
    LOG_LEVEL: 'silent',
  });
  const replicas: RpcService[] = [];
  const startReplica = async (overrides: Overrides = given.overrides ?? {}) => {
    const replica = compose(config, { logger, ...overrides });
    replicas.push(replica);
    return { ...replica, ports: await replica.start() };
  };
  const { ports } = await startReplica();
  const client = createGrpcClient(notifications.NotificationsServiceService, {
    address: `127.0.0.1:${ports.grpcPort}`,
    logger,
    deadlineMs: 10_000,
  });
  const bus = createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, queues, logger });
  await bus.start();
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  const as = (input: TestTokenInput): CallerContext => ({
    ...anonymousContext(),
    tenantId: input.tenantId === undefined ? undefined : toTenantId(input.tenantId),
    token: issuer.token(input),
  });

  const outbox = async () => {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.eml'));
    const mails = names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const);
    return new Map(await Promise.all(mails));
  };
  const announce: Harness['announce'] = async (tenantId, type, data, times = 1) => {
    const envelope = envelopeOf(tenantId, type, data);
    const outcomes = await Promise.all(Array.from({ length: times }, () => bus.publish([envelope])));
    if (outcomes.flat().some((outcome) => outcome.kind !== 'taken')) throw new Error('The bus did not take the event');
  };

  return {
    database,
    client,
    opsUrl: `http://127.0.0.1:${ports.opsPort}`,
    startReplica,
    stopService: async () => replicas[0]?.stop(),
    as,
    async register(registration = {}, times = 1) {
      const tenantId = toTenantId(newId());
      const data = { ...newRegistration(), ...registration };
      await announce(tenantId, 'outlay.tenancy.tenant.registered.v1', data, times);
      return { tenantId, registration: data };
    },
    announce,
    async mailsOf(tenantId, kind) {
      const { rows } = await admin.query(
        'select d.id from notifications.deliveries as d where d.tenant_id = $1 and d.kind = $2 order by d.id',
        [tenantId, kind],
      );
      const mails = await outbox();
      return rows.flatMap((row) => mails.get(`${row.id}.eml`)?.replaceAll('=\r\n', '').replaceAll('=3D', '=') ?? []);
    },
    deliveriesOf: async (tenantId) =>
      (await client.listDeliveries(as({ tenantId, role: 'owner' }), { page: undefined })).deliveries,
    attemptsOf: async (tenantId) => {
      const { rows } = await admin.query(
        `select attempt.attempt, attempt.outcome, attempt.error
        from notifications.delivery_attempts as attempt
        where attempt.tenant_id = $1
        order by attempt.delivery_id, attempt.attempt`,
        [tenantId],
      );
      return rows;
    },
    administer: (statement, values) => admin.query(statement, values),
    outbox,
    async stop() {
      client.close();
      await bus.stop();
      await Promise.all(replicas.map((replica) => replica.stop()));
      await identityFake.stop();
      await admin.end();
      await vhost?.drop();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A registration of Mara Lind's tenant Acme, of which only the ids are new. */
function newRegistration(): Registration {
  return {
    name: 'Acme',
    subdomain: 'acme',
    plan: 'basic',
    settings: { currency: 'EUR', timezone: 'Europe/Berlin', dateFormat: 'DD.MM.YYYY' },
    owner: { userId: newId(), email: 'mara@acme.example', firstName: 'Mara', lastName: 'Lind' },
    entitlements: [],
    registeredAt: new Date(),
  };
}

function envelopeOf<N extends EventName>(tenantId: TenantId, type: N, data: EventData<N>): Envelope {
  // The name and the data belong together by the signature, which TypeScript does not carry into the union.
  const event = { type, tenantId, subject: tenantId, aggregateVersion: 1, data } as OutgoingEvent;
  return JSON.parse(toOutboxRow({ requestId: newId() }, event).envelope);
}

/** What a publisher gives as the example of its event, with changes. */
export function exampleOf<N extends EventName>(type: N, changes: Partial<EventData<N>> = {}): EventData<N> {
  const { codec, example } = events[type];
  return Object.assign(codec.fromJSON(example) as object, changes) as EventData<N>;
}
