import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { importFile } from '@outlay/e2e/drivers/imports';
import { createOutlayClient, type SignedIn } from '@outlay/e2e/drivers/outlay-client';
import { toTenantId } from '@outlay/platform';
import { startPlatform, unlimited } from '@outlay/testkit';
import globalSetup from '@outlay/testkit/jest/global-setup';
import globalTeardown from '@outlay/testkit/jest/global-teardown';
import { measureBare } from './bare.ts';
import { captureStatements, type Subject } from './captured-statements.ts';
import { cpuTimeMs, databaseCpuTimeMs } from './cpu-time.ts';
import { measureFloor } from './floor.ts';
import { type LoadResult, load, type Operation } from './load.ts';
import { drained, projectionDelay } from './projection-delay.ts';
import { table } from './table.ts';

const { values: options } = parseArgs({
  options: {
    bus: { type: 'string', default: 'rabbitmq' },
    connections: { type: 'string', default: '1,8,32,64' },
    seconds: { type: 'string', default: '5' },
    expenses: { type: 'string', default: '10000' },
    /** Which of record, list and summary to measure. */
    operations: { type: 'string', default: 'record,list,summary' },
    /** How many processes each of gateway, ledger and reporting share the load; two where there are four cores unless set. */
    replicas: { type: 'string' },
    /** A directory that each service writes a CPU profile to when it ends. */
    profile: { type: 'string' },
  },
});
const seconds = Number(options.seconds);
const bus = options.bus === 'embedded' ? 'embedded' : 'rabbitmq';
const serviceNames = ['gateway', 'identity', 'tenancy-billing', 'ledger', 'notifications', 'reporting'];
const cpuColumns = [...serviceNames, 'postgres'];
const month = '2025-01';
// More of them would use up the connections of PostgreSQL as it comes.
const replicas = Number(options.replicas ?? (cpus().length >= 4 ? 2 : 1));

await globalSetup({ maxWorkers: 1 });
const platform = await startPlatform({
  bus,
  replicas: { gateway: replicas, ledger: replicas, reporting: replicas },
  environment: {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    DATABASE_POOL_MAX: '16',
    ...(options.profile && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${options.profile}` }),
    ...unlimited,
  },
});
try {
  await bench();
} finally {
  await platform.stop();
  await globalTeardown();
}

async function bench() {
  const tenant = await createOutlayClient(platform.gatewayUrl).registerTenant({ currency: 'EUR' });
  const made = async (path: string, body: object) => (await tenant.call('POST', path, body)).body.id;
  const subject: Subject = {
    tenantId: toTenantId(tenant.tenantId),
    userId: (await tenant.call('GET', '/users/me')).body.user.id,
    currency: 'EUR',
    month,
    categoryId: await made('/categories', { name: 'Office' }),
    accountId: await made('/accounts', { name: 'Card', kind: 'card', currency: 'EUR' }),
    projectId: await made('/projects', { name: 'Website' }),
  };
  await tenant.call('POST', '/expenses', expenseOf(subject));
  const statements = await captureStatements(subject);
  const at = (path: string) => platform.gatewayUrls.map((url) => `${url}${path}`);
  const headers = { authorization: `Bearer ${tenant.token}` };
  const operations: (Operation & { statement: keyof typeof statements; role: string })[] = [
    {
      name: 'record an expense',
      method: 'POST',
      urls: at('/api/v1/expenses'),
      headers: { ...headers, 'content-type': 'application/json' },
      body: () => JSON.stringify(expenseOf(subject)),
      statement: 'record',
      role: 'ledger',
    },
    {
      name: 'list 50 expenses',
      method: 'GET',
      urls: at('/api/v1/expenses?limit=50'),
      headers,
      statement: 'list',
      role: 'ledger',
    },
    {
      name: 'month summary',
      method: 'GET',
      urls: at(`/api/v1/stats/summary?month=${month}`),
      headers,
      statement: 'summary',
      role: 'reporting',
    },
  ];
  await fill(tenant, Number(options.expenses));
  console.log(
    `${cpus().length} cores, bus: ${bus}; ${replicas} processes each of gateway, ledger and reporting; ${seconds} s for each line; ` +
      'load, services and database share the machine',
  );
  const chosen = options.operations.split(',');
  const measurable = operations.filter(({ statement }) => chosen.includes(statement));
  // A service is as fast as it is going to be after some thousand calls.
  for (const operation of measurable) await load(operation, { connections: 16, seconds: 4 });

  const connectionCounts = options.connections.split(',').map(Number);
  const measured: {
    operation: (typeof operations)[number];
    connections: number;
    result: LoadResult;
    cpuMs: number[];
  }[] = [];
  for (const operation of measurable) {
    for (const connections of connectionCounts) {
      const before = cpuTimes();
      const result = await load(operation, { connections, seconds });
      const after = cpuTimes();
      const catchUpMs = await drained(platform.database.adminUrl);
      measured.push({ operation, connections, result, cpuMs: after.map((time, index) => time - (before[index] ?? 0)) });
      console.error(
        `${operation.name}, ${connections} connections: ${result.requestsPerSecond.toFixed(0)}/s; events in after ${catchUpMs.toFixed(0)} ms`,
      );
    }
  }

  const arrival = chosen.includes('record') ? await measureArrival(operations[0] as Operation) : undefined;

  // The floor's rows must not be published as events, and nothing else should use the machine or the server's connections.
  for (const name of serviceNames) await platform.stopService(name);
  const rows: string[][] = [];
  for (const { operation, connections, result, cpuMs } of measured) {
    const floor = await measureFloor(platform.database.urlFor(operation.role), statements[operation.statement], {
      // More clients than this make a database with a few cores no faster, and PostgreSQL's default has room for 100.
      connections: Math.min(connections, 32),
      seconds,
    });
    rows.push([
      operation.name,
      String(connections),
      result.requestsPerSecond.toFixed(0),
      floor.perSecond.toFixed(0),
      (result.requestsPerSecond / floor.perSecond).toFixed(2),
      result.p50Ms.toFixed(0),
      result.p99Ms.toFixed(0),
      String(result.failures),
      ...cpuMs.map((time) => (time / result.requests).toFixed(2)),
    ]);
  }
  console.log(
    table(
      [
        'operation',
        'connections',
        'req/s',
        'floor/s',
        'ratio',
        'p50 ms',
        'p99 ms',
        'failed',
        ...cpuColumns.map((name) => `CPU ms ${name}`),
      ],
      rows,
    ),
  );
  if (arrival) console.log(`\n${arrival}`);
  await compareWithBare(measured.map(({ operation, result }) => ({ operation, result })));
}

/** What share of the time is that of the way alone, by reads, whose answers are all there is to send. */
async function compareWithBare(measured: readonly { operation: Operation; result: LoadResult }[]): Promise<void> {
  const lines: string[] = [];
  for (const { operation, result } of measured) {
    if (operation.method !== 'GET' || lines.some((line) => line.startsWith(operation.name))) continue;
    const connections = Math.max(...options.connections.split(',').map(Number));
    const { http, httpOverGrpc } = await measureBare(result.bytesPerAnswer, { pairs: replicas, connections, seconds });
    lines.push(
      `${operation.name}: ${result.bytesPerAnswer} bytes alone at ${connections} connections, ` +
        `HTTP ${http.toFixed(0)}/s, HTTP with one gRPC call ${httpOverGrpc.toFixed(0)}/s, by ${replicas} each`,
    );
  }
  if (lines.length > 0) console.log(`\n${lines.join('\n')}`);
}

/** How long an expense takes from its commit to reporting's figures, at a rate that the machine bears. */
async function measureArrival(record: Operation): Promise<string> {
  const since = new Date();
  const paced = await load(record, { connections: 16, seconds, ratePerSecond: 500 });
  const catchUpMs = await drained(platform.database.adminUrl);
  const delay = await projectionDelay(platform.database.adminUrl, since);
  return (
    `commit to projection at ${paced.requestsPerSecond.toFixed(0)} expenses/s: p50 ${delay.p50Ms.toFixed(0)} ms, ` +
    `p99 ${delay.p99Ms.toFixed(0)} ms (${delay.events} events; the last one was in ${catchUpMs.toFixed(0)} ms after the load)`
  );
}

/** Books expenses in bulk by an import, so that lists and summaries have something to find. */
async function fill(tenant: SignedIn, count: number) {
  const lines = Array.from(
    { length: count },
    (_, index) => `2024-${String((index % 12) + 1).padStart(2, '0')}-10;Vendor ${index % 97};${index + 1}.00;EUR`,
  );
  const done = await importFile(tenant, ['date;merchant;amount;currency', ...lines].join('\n'));
  if (done.imported !== count) throw new Error(`Only ${done.imported} of ${count} expenses were imported`);
  await drained(platform.database.adminUrl);
}

function expenseOf({ categoryId, accountId, projectId, currency }: Subject) {
  return {
    amount: '125.50',
    currency,
    title: 'Load',
    description: '',
    category_id: categoryId,
    account_id: accountId,
    project_id: projectId,
    expense_date: `${month}-15`,
    payment_method: 'credit_card',
    tags: ['office', 'supplies'],
  };
}

function cpuTimes(): number[] {
  return cpuColumns.map((name) =>
    name === 'postgres'
      ? (databaseCpuTimeMs(platform.database.name) ?? Number.NaN)
      : platform.pidsOf(name).reduce((sum, pid) => sum + (cpuTimeMs(pid) ?? Number.NaN), 0),
  );
}
