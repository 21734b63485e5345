import { randomBytes } from 'node:crypto';
import { identity } from '@outlay/contracts';
import {
  anonymousContext,
  type CallerContext,
  clientSecretOf,
  createGrpcClient,
  type GrpcClient,
  newId,
  toTenantId,
} from '@outlay/platform';
import {
  createTestDatabase,
  createTestLogger,
  createTestVhost,
  eventually,
  newTenant,
  type TestDatabase,
} from '@outlay/testkit';
import pg from 'pg';
import { compose, type Overrides } from '../../../src/compose.ts';
import { type Config, readConfig } from '../../../src/config.ts';

export const serviceClientSecret = 'a secret of the tests';
export const encryptionKey = 'an encryption key for tests that is long enough';
export const password = 'Password123';

type Client = GrpcClient<identity.IdentityServiceService>;

/** The service on servers of its own, with what tests ask of it in the words of the business. */
export type TestIdentity = Awaited<ReturnType<typeof startIdentity>>;

export async function startIdentity(options: { config?: Partial<Config>; overrides?: Overrides } = {}) {
  const [database, vhost] = await Promise.all([createTestDatabase(), createTestVhost()]);
  const config: Config = {
    ...readConfig({
      NODE_ENV: 'test',
      DATABASE_URL: database.urlFor('identity'),
      AMQP_URL: vhost.amqpUrl,
      SERVICE_CLIENT_SECRET: serviceClientSecret,
      IDENTITY_ENCRYPTION_KEY: encryptionKey,
      GRPC_PORT: '0',
      OPS_PORT: '0',
    }),
    ...options.config,
  };
  const logger = createTestLogger();
  const service = compose(config, { logger, ...options.overrides });
  const ports = await service.start();
  const client: Client = createGrpcClient(identity.IdentityServiceService, {
    address: `127.0.0.1:${ports.grpcPort}`,
    logger,
    deadlineMs: 10_000,
  });
  await eventually(() => client.ping());
  const admin = createAdmin(database);

  const driver = createDriver(client);

  return {
    ...driver,
    /** Makes a tenant with an owner, whose plan is for any number of people, or for as many as are told. */
    async createOwner({ usersMax, ...given }: Parameters<typeof driver.createOwner>[0] & { usersMax?: number } = {}) {
      const owner = await driver.createOwner(given);
      const limit = usersMax === undefined ? {} : { limit: String(usersMax) };
      await admin.query(
        `update identity.tenants set plan = 'professional', entitlements = $2 where tenant_id = $1 and plan is null`,
        [owner.tenantId, JSON.stringify([{ metric: 'users', mode: 'hard', ...limit }])],
      );
      return owner;
    },
    client,
    config,
    vhost,
    database,
    opsPort: ports.opsPort,
    /** Asks the database as its administrator, past every policy. */
    query: admin.query,
    /** Begins a transaction with this statement, and answers how to end it, with another one first where that is told. */
    hold: admin.hold,
    /** Waits until so many of the service's statements wait for a lock. */
    untilWaiting: (count = 1) =>
      eventually(async () => {
        const waiting = await admin.query(
          `select pid from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and application_name like 'identity%'`,
        );
        if (waiting.length < count) throw new Error(`Only ${waiting.length} wait`);
      }),
    async stop() {
      client.close();
      await service.stop();
      await admin.close();
      await Promise.all([database.drop(), vhost.drop()]);
    },
  };
}

function createAdmin(database: TestDatabase) {
  const pool = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  pool.on('error', () => undefined);
  return {
    async query<R = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<R[]> {
      return (await pool.query(text, values)).rows;
    },
    async hold(text: string, values: unknown[] = []) {
      const connection = await pool.connect();
      await connection.query('begin');
      await connection.query(text, values);
      return async (last = 'select 1', lastValues: unknown[] = []) => {
        await connection.query(last, lastValues);
        await connection.query('commit');
        connection.release();
      };
    },
    close: () => pool.end(),
  };
}

function createDriver(client: Client) {
  const serviceToken = async (clientId = 'tenancy-billing'): Promise<string> => {
    const clientSecret = clientSecretOf(serviceClientSecret, clientId);
    const issued = await client.issueServiceToken(anonymousContext(), { clientId, clientSecret });
    return issued.accessToken;
  };
  return {
    serviceToken,
    /** As the operator within a tenant, and as the gateway without one, unless another service is named. */
    async asService(tenantId?: string, clientId = tenantId ? 'operator' : 'gateway'): Promise<CallerContext> {
      const token = await serviceToken(clientId);
      return { ...anonymousContext(), token, tenantId: tenantId === undefined ? undefined : toTenantId(tenantId) };
    },
    /** Makes a tenant with an owner, who can sign in with the tests' password. */
    async createOwner(given: Partial<identity.CreateOwnerRequest> = {}) {
      const tenant = newTenant();
      const request = {
        tenantId: tenant.tenantId,
        tenantName: tenant.name,
        subdomain: tenant.subdomain,
        email: `${randomBytes(6).toString('hex')}@acme.example`,
        password,
        firstName: 'Mara',
        lastName: 'Lind',
        notAfter: undefined,
        ...given,
      };
      const context = { ...anonymousContext(), token: await serviceToken() };
      const { user } = await client.createOwner(context, request);
      return { ...request, user: user! };
    },
    logIn: (email: string, given: Partial<identity.LoginRequest> = {}) =>
      client.login(anonymousContext(), {
        email,
        password,
        tenantId: '',
        clientAddress: '192.0.2.1',
        code: '',
        ...given,
      }),
    refresh: (refreshToken: string) => client.refreshSession(anonymousContext(), { refreshToken, tenantId: '' }),
  };
}

/** A caller who shows this token. */
export const bearing = (token: string): CallerContext => ({ ...anonymousContext(newId()), token });

/** What a call was refused with, in the form that is compared. */
export async function refusalOf(call: Promise<unknown>): Promise<{ kind: string; code: string; message: string }> {
  const error = await call.then(
    () => {
      throw new Error('The call was not refused');
    },
    (reason: unknown) => reason as { kind: string; code: string; message: string },
  );
  return { kind: error.kind, code: error.code, message: error.message };
}
