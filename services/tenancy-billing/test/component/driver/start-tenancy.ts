import { identity, ledger, tenancy } from '@outlay/contracts';
import {
  anonymousContext,
  type CallerContext,
  createGrpcClient,
  DomainError,
  type ErrorKind,
  type GrpcClient,
  newId,
  toGrpcStatus,
} from '@outlay/platform';
import {
  createTestDatabase,
  createTestIssuer,
  createTestLogger,
  createTestVhost,
  eventually,
  type FakeHandlers,
  newTenant,
  startFakeGrpc,
  type TestTokenInput,
} from '@outlay/testkit';
import pg from 'pg';
import { compose, type Overrides } from '../../../src/compose.ts';
import { type Config, readConfig } from '../../../src/config.ts';

/** The service on servers of its own, with its neighbours played, and what tests ask of it in the words of the business. */
export type TestTenancy = Awaited<ReturnType<typeof startTenancy>>;

export async function startTenancy(
  options: {
    config?: Partial<Config>;
    overrides?: Overrides;
    /** Puts something between the service and its database. */
    databaseUrl?: (url: string) => Promise<string>;
    /** Whether to wait until it serves; true unless told. */
    isAwaited?: boolean;
  } = {},
) {
  const [database, vhost] = await Promise.all([createTestDatabase(), createTestVhost()]);
  const issuer = createTestIssuer();
  const fakeIdentity = createFakeIdentity(issuer);
  const fakeLedger: { setTenantCurrency: (request: ledger.SetTenantCurrencyRequest) => unknown } = {
    setTenantCurrency: ({ currency }) => ({ currency }),
  };
  const [identityServer, ledgerServer] = await Promise.all([
    startFakeGrpc(identity.IdentityServiceService, fakeIdentity.handlers),
    startFakeGrpc(ledger.LedgerServiceService, {
      setTenantCurrency: (request: never) => fakeLedger.setTenantCurrency(request),
    }),
  ]);
  const ownUrl = database.urlFor('tenancy_billing');
  const config: Config = {
    ...readConfig({
      NODE_ENV: 'test',
      DATABASE_URL: (await options.databaseUrl?.(ownUrl)) ?? ownUrl,
      AMQP_URL: vhost.amqpUrl,
      SERVICE_CLIENT_SECRET: 'a secret of the tests',
      IDENTITY_ADDRESS: identityServer.address,
      LEDGER_ADDRESS: ledgerServer.address,
      GRPC_PORT: '0',
      OPS_PORT: '0',
    }),
    ...options.config,
  };
  const logger = createTestLogger();
  const service = compose(config, { logger, loadKeys: issuer.verifierOptions.loadKeys, ...options.overrides });
  const ports = await service.start();
  const client = createGrpcClient(tenancy.TenancyBillingServiceService, {
    address: `127.0.0.1:${ports.grpcPort}`,
    logger,
    deadlineMs: 10_000,
  });
  if (options.isAwaited !== false) await eventually(() => client.ping());
  const pool = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  pool.on('error', () => undefined);
  const query = async <R = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<R[]> =>
    (await pool.query(text, values)).rows;

  return {
    client,
    database,
    vhost,
    config,
    fakeIdentity,
    fakeLedger,
    opsPort: ports.opsPort,
    /** Asks the database as its administrator, past every policy. */
    query,
    ...createDriver(client, issuer.token, query),
    async stop() {
      client.close();
      await service.stop();
      await pool.end();
      await Promise.all([identityServer.stop(), ledgerServer.stop(), database.drop(), vhost.drop()]);
    },
  };
}

type CreateOwner = (request: identity.CreateOwnerRequest) => unknown;

/** identity as far as it is asked: it has owners by tenant, and refuses an e-mail that it has. Tests can put another behaviour first. */
function createFakeIdentity(issuer: { token: (input?: TestTokenInput) => string }) {
  const owners = new Map<string, identity.User>();
  const createOwner: CreateOwner = (request) => {
    const known = owners.get(request.tenantId);
    if (known) return { user: known };
    if ([...owners.values()].some((owner) => owner.email === request.email)) {
      throw refusal('conflict', 'email_taken');
    }
    const { email, firstName, lastName } = request;
    const user = {
      id: newId(),
      email,
      firstName,
      lastName,
      platformAdmin: false,
      emailVerified: false,
      totpEnabled: false,
      version: 1n,
      createdAt: new Date(),
    };
    owners.set(request.tenantId, user);
    return { user };
  };
  const behaviour: { createOwner: CreateOwner; getTenantOwner: (tenantId: string) => unknown } = {
    createOwner,
    getTenantOwner: (tenantId) => ({ user: owners.get(tenantId) }),
  };
  const handlers: FakeHandlers = {
    issueServiceToken: () => ({ accessToken: issuer.token({ kind: 'service' }), expiresInSeconds: 3600 }),
    createOwner: (request: never) => behaviour.createOwner(request),
    getTenantOwner: (request: never) =>
      behaviour.getTenantOwner((request as unknown as identity.GetTenantOwnerRequest).tenantId),
  };
  return { owners, createOwner, behaviour, handlers };
}

/** An error as a neighbour of this platform puts it on the wire. */
export function refusal(kind: ErrorKind, code: string, meta: Record<string, string> = {}): Error {
  return Object.assign(new Error(code), toGrpcStatus(new DomainError(kind, code, code, { meta })));
}

function createDriver(
  client: GrpcClient<tenancy.TenancyBillingServiceService>,
  token: (input?: TestTokenInput) => string,
  query: <R>(text: string, values?: unknown[]) => Promise<R[]>,
) {
  const bearing = (input: TestTokenInput): CallerContext => ({ ...anonymousContext(), token: token(input) });
  return {
    bearing,
    as: (role: 'owner' | 'admin' | 'analyst' | 'member', tenantId: string) => bearing({ role, tenantId }),
    platformAdmin: () => bearing({ platformAdmin: true }),
    register: (given: Partial<tenancy.RegisterTenantRequest> = {}, idempotencyKey?: string) =>
      client.registerTenant({ ...anonymousContext(), idempotencyKey }, { ...newRegistration(), ...given }),
    /** Registers a tenant and answers its id. */
    async registered(given: Partial<tenancy.RegisterTenantRequest> = {}) {
      const { tenant } = await client.registerTenant(anonymousContext(), { ...newRegistration(), ...given });
      return tenant!;
    },
    update: (context: CallerContext, changes: Partial<tenancy.UpdateTenantRequest>) =>
      client.updateTenant(context, {
        name: undefined,
        currency: undefined,
        timezone: undefined,
        dateFormat: undefined,
        version: undefined,
        ...changes,
      }),
    resolve: (subdomain: string) =>
      client.resolveTenant(anonymousContext(), { by: { $case: 'subdomain', value: subdomain } }),
    /** The events of a tenant in the order they were written. */
    async eventsOf(tenantId: string) {
      const rows = await query<{ envelope: { type: string; aggregateversion: number; data: Record<string, unknown> } }>(
        'select envelope from tenancy_billing.outbox where tenant_id = $1 order by seq',
        [tenantId],
      );
      return rows.map((row) => row.envelope);
    },
  };
}

export function newRegistration(): tenancy.RegisterTenantRequest {
  const { name, subdomain } = newTenant();
  return {
    name,
    subdomain,
    ownerEmail: `owner@${subdomain}.example`,
    ownerPassword: 'Password123',
    ownerFirstName: 'Mara',
    ownerLastName: 'Lind',
  };
}
