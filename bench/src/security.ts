import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createOutlayClient, ownerPassword } from '@outlay/e2e/drivers/outlay-client';
import type { Database } from '@outlay/platform';
import { startPlatform, unlimited } from '@outlay/testkit';
import globalSetup from '@outlay/testkit/jest/global-setup';
import globalTeardown from '@outlay/testkit/jest/global-teardown';
import pg from 'pg';
import { hashRefreshToken, newRefreshToken, sealSuccessor } from '../../services/identity/src/domain/refresh-token.ts';
import { createPasswordHasher } from '../../services/identity/src/security/password-hasher.ts';
import { rotateRefreshToken } from '../../services/identity/src/store/rotate-refresh-token.ts';
import { type ChainResult, runChains } from './chains.ts';
import { measureSignInGap } from './sign-in-gap.ts';
import { table } from './table.ts';
import { measureTokenCost } from './token-cost.ts';

const { values: options } = parseArgs({
  options: {
    connections: { type: 'string', default: '1,8,32' },
    seconds: { type: 'string', default: '5' },
    pairs: { type: 'string', default: '300' },
  },
});
const seconds = Number(options.seconds);
const connectionCounts = options.connections.split(',').map(Number);

await globalSetup({ maxWorkers: 1 });
const platform = await startPlatform({
  bus: 'rabbitmq',
  // Who signs in from where is told by the proxy that the bench plays.
  environment: { NODE_ENV: 'production', LOG_LEVEL: 'warn', DATABASE_POOL_MAX: '8', TRUST_PROXY: '1', ...unlimited },
});
try {
  await bench();
} finally {
  await platform.stop();
  await globalTeardown();
}

async function bench() {
  console.log(`${cpus().length} cores; load, services and database share the machine`);
  const outlay = createOutlayClient(platform.gatewayUrl);
  const people: string[] = [];
  for (let index = 0; index < 8; index++) people.push((await outlay.registerTenant()).email);

  // The gap first, on a platform that has nothing else to do.
  const gap = await measureSignInGap(platform.gatewayUrl, people, Number(options.pairs));
  console.log(
    `\nrefused log-ins, ${gap.pairs} pairs: a person ${gap.knownMs.toFixed(2)} ms, a stranger ` +
      `${gap.strangerMs.toFixed(2)} ms (medians); median difference within a pair ${gap.gapMs.toFixed(3)} ms`,
  );
  const cost = await measureTokenCost();
  console.log(
    `\nverifying an access token: new ${cost.newUs.toFixed(0)} us (${perSecond(cost.newUs)}/s), ` +
      `seen before ${cost.seenUs.toFixed(2)} us (${perSecond(cost.seenUs)}/s), on one core\n`,
  );

  const hashes = await hashFloor();
  const rows: string[][] = [];
  for (const connections of connectionCounts) {
    const emails = Array.from({ length: connections }, (_, index) => people[index % people.length] ?? '');
    rows.push(row('log in', connections, await runChains(emails, logIn, seconds), hashes));
  }
  for (const connections of connectionCounts) {
    const result = await runChains(await sessions(connections), refresh, seconds);
    rows.push(row('refresh', connections, result, await refreshFloor(await sessions(connections))));
  }
  console.log(table(['operation', 'connections', 'per s', 'floor/s', 'ratio', 'p50 ms', 'p99 ms'], rows));
  console.log('\nfloors: the password hash alone, two at a time; the statement that exchanges a refresh token');
}

async function post<T>(path: string, body: object): Promise<T> {
  const response = await fetch(`${platform.gatewayUrl}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function logIn(email: string): Promise<string> {
  await post('/auth/login', { email, password: ownerPassword });
  return email;
}

async function refresh(refreshToken: string): Promise<string> {
  const answer = await post<{ refresh_token: string }>('/auth/refresh', { refresh_token: refreshToken });
  return answer.refresh_token;
}

/** The refresh tokens of so many new sessions of one person. */
async function sessions(count: number): Promise<string[]> {
  const { email } = await createOutlayClient(platform.gatewayUrl).registerTenant();
  const tokens: string[] = [];
  for (let index = 0; index < count; index++) {
    const session = await post<{ refresh_token: string }>('/auth/login', { email, password: ownerPassword });
    tokens.push(session.refresh_token);
  }
  return tokens;
}

/** The hashing alone, as many at a time as identity allows itself. */
async function hashFloor(): Promise<number> {
  const hasher = createPasswordHasher();
  const passwordHash = await hasher.hash(ownerPassword);
  const verified = (password: string) =>
    hasher.inTurn(async (verify) => {
      if (!(await verify(passwordHash, password))) throw new Error('The right password is a wrong one');
      return password;
    });
  return (await runChains([ownerPassword, ownerPassword], verified, seconds)).perSecond;
}

/** The very statement that identity sends, as its own role, over as many connections. */
async function refreshFloor(tokens: readonly string[]): Promise<number> {
  const clients = tokens.map(() => new pg.Client({ connectionString: platform.database.urlFor('identity') }));
  await Promise.all(clients.map((client) => client.connect()));
  const starts = tokens.map((token, index) => ({ token, client: clients[index] as pg.Client }));
  try {
    return (await runChains(starts, exchangeAlone, seconds)).perSecond;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function exchangeAlone({ token, client }: { token: string; client: pg.Client }) {
  const successor = newRefreshToken();
  const [presentedHash, hash] = [hashRefreshToken(token), hashRefreshToken(successor)];
  if (!presentedHash || !hash) throw new Error('A token of identity is not one');
  const database: Pick<Database, 'once'> = {
    once: async (statement, values) => (await client.query({ ...statement, values: [...values] })).rows,
  };
  const rotation = await rotateRefreshToken(database, {
    presentedHash,
    offer: { hash, sealed: sealSuccessor(token, successor) },
    now: new Date(),
    client: undefined,
  });
  if (rotation.outcome !== 'rotated') throw new Error(`A current token was ${rotation.outcome}`);
  return { token: successor, client };
}

function row(name: string, connections: number, { perSecond: rate, p50Ms, p99Ms }: ChainResult, floor: number) {
  return [
    name,
    String(connections),
    rate.toFixed(0),
    floor.toFixed(0),
    (rate / floor).toFixed(2),
    p50Ms.toFixed(1),
    p99Ms.toFixed(1),
  ];
}

function perSecond(microseconds: number): string {
  return Math.round(1_000_000 / microseconds).toLocaleString('en');
}
