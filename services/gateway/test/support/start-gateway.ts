import { identity, ledger, notifications, reporting, tenancy } from '@outlay/contracts';
import { createLogger, type Logger } from '@outlay/platform';
import {
  createTestIssuer,
  type FakeCall,
  type FakeGrpc,
  type FakeHandlers,
  newTenant,
  startFakeGrpc,
  type TestIssuer,
  type TestTenant,
} from '@outlay/testkit';
import { service as health } from 'grpc-health-check';
import { compose, type Overrides } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { fakeIdentity } from './fake-identity.ts';
import { fakeLedger } from './fake-ledger.ts';
import { fakeNotifications } from './fake-notifications.ts';
import { fakeReporting } from './fake-reporting.ts';
import { acme, fakeTenancy } from './fake-tenancy.ts';

const definitions = {
  identity: identity.IdentityServiceService,
  tenancy: tenancy.TenancyBillingServiceService,
  ledger: ledger.LedgerServiceService,
  notifications: notifications.NotificationsServiceService,
  reporting: reporting.ReportingServiceService,
};

export type Area = keyof typeof definitions;

export interface TestGateway {
  url: string;
  port: number;
  opsPort: number;
  issuer: TestIssuer;
  tenant: TestTenant;
  fakes: Record<Area, FakeGrpc>;
  logLines: Record<string, unknown>[];
  /** The last call of an RPC. */
  lastCall(area: Area, method: string): FakeCall;
  /** A token of the tenant's owner, unless told otherwise. */
  token(input?: Parameters<TestIssuer['token']>[0]): string;
  fetch(path: string, init?: RequestInit & { token?: string | false; json?: unknown }): Promise<TestResponse>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the tests look into as they please. */
// biome-ignore lint/suspicious/noExplicitAny: assertions say what the JSON must be
export type TestResponse = Omit<Response, 'json'> & { json(): Promise<any> };

/** A gateway in this process, over real HTTP, with its neighbours played by fakes. */
export async function startGateway(
  options: {
    env?: Record<string, string>;
    handlers?: Partial<Record<Area, FakeHandlers>>;
    overrides?: Overrides;
    /** Do not wait for the list of closed sessions. */
    atOnce?: boolean;
  } = {},
): Promise<TestGateway> {
  const issuer = createTestIssuer();
  const tenant = newTenant();
  const defaults: Record<Area, FakeHandlers> = {
    identity: fakeIdentity(tenant, issuer),
    tenancy: fakeTenancy(acme(tenant)),
    ledger: fakeLedger(),
    notifications: fakeNotifications(),
    reporting: fakeReporting(tenant),
  };
  const started = await Promise.all(
    Object.entries(definitions).map(async ([area, definition]) => {
      const handlers = { ...defaults[area as Area], ...options.handlers?.[area as Area], ...healthy };
      return [area, await startFakeGrpc({ ...definition, ...health }, handlers)] as const;
    }),
  );
  const fakes = Object.fromEntries(started) as Record<Area, FakeGrpc>;
  const logLines: Record<string, unknown>[] = [];
  const config = readConfig({
    NODE_ENV: 'test',
    GATEWAY_PORT: '0',
    OPS_PORT: '0',
    LOG_LEVEL: 'debug',
    SERVICE_CLIENT_SECRET: 'a-secret-for-tests',
    SHUTDOWN_TIMEOUT_MS: '2000',
    // What a test holds back is to wait for the test, however slow the machine; tests of the time there is set their own.
    REQUEST_DEADLINE_MS: '30000',
    UPLOAD_STALL_MS: '60000',
    IDENTITY_ADDRESS: fakes.identity.address,
    TENANCY_BILLING_ADDRESS: fakes.tenancy.address,
    LEDGER_ADDRESS: fakes.ledger.address,
    NOTIFICATIONS_ADDRESS: fakes.notifications.address,
    REPORTING_ADDRESS: fakes.reporting.address,
    ...options.env,
  });
  const gateway = compose(config, { logger: recordingLogger(logLines), ...options.overrides });
  const { httpPort, opsPort } = await gateway.start();
  const url = `http://127.0.0.1:${httpPort}`;
  if (!options.atOnce) await untilReady(url);
  const stop = async () => {
    await gateway.stop();
    await Promise.all(Object.values(fakes).map((fake) => fake.stop()));
  };
  const ownerToken = issuer.token({ tenantId: tenant.tenantId, userId: tenant.ownerId, role: 'owner' });

  return {
    url,
    port: httpPort,
    opsPort,
    issuer,
    tenant,
    fakes,
    logLines,
    lastCall: (area, method) => fakes[area].calls.filter((call) => call.method === method).at(-1)!,
    token: (input) => issuer.token({ tenantId: tenant.tenantId, userId: tenant.ownerId, role: 'owner', ...input }),
    fetch(path, { token = ownerToken, json, headers, ...init } = {}) {
      return fetch(`${url}${path}`, {
        ...init,
        ...(json !== undefined && { body: JSON.stringify(json) }),
        headers: {
          ...(token !== false && { authorization: `Bearer ${token}` }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(headers as Record<string, string>),
        },
      });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const healthy: FakeHandlers = { Check: () => ({ status: 'SERVING' }), check: () => ({ status: 'SERVING' }) };

/** At a gateway that was just started, the list of closed sessions is still on its way. */
async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { failing } = (await (await fetch(`${url}/readyz`)).json()) as { failing: string[] };
    if (!failing.includes('revoked_sessions')) return;
  }
}

function recordingLogger(lines: Record<string, unknown>[]): Logger {
  return createLogger({ service: 'gateway', level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line)) });
}
