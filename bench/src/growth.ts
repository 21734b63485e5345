import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { importFile } from '@outlay/e2e/drivers/imports';
import { createOutlayClient, type SignedIn } from '@outlay/e2e/drivers/outlay-client';
import { platformAdminEnvironment, raisePlan } from '@outlay/e2e/drivers/platform-admin';
import { startPlatform, unlimited } from '@outlay/testkit';
import globalSetup from '@outlay/testkit/jest/global-setup';
import globalTeardown from '@outlay/testkit/jest/global-teardown';
import { cpuTimeMs, databaseCpuTimeMs } from './cpu-time.ts';
import { load, type Operation } from './load.ts';
import { peakMemoryMb } from './memory.ts';
import { drained } from './projection-delay.ts';
import { table } from './table.ts';

// What the books cost as they grow: one tenant is filled by imports to each size, then each operation is measured. Where
// the cost is flat, nothing that a request does depends on how much there is.
const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    connections: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '5' },
  },
});
const sizes = options.sizes.split(',').map(Number);
const connections = Number(options.connections);
const seconds = Number(options.seconds);
const rowsPerFile = 200_000;
const patienceMs = 900_000;

await globalSetup({ maxWorkers: 1 });
const platform = await startPlatform({
  bus: 'rabbitmq',
  environment: {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    DATABASE_POOL_MAX: '16',
    ...unlimited,
    ...platformAdminEnvironment,
  },
});
try {
  await grow();
} finally {
  await platform.stop();
  await globalTeardown();
}

async function grow() {
  const client = createOutlayClient(platform.gatewayUrl);
  const tenant = await client.registerTenant({ currency: 'EUR' });
  await raisePlan(client, tenant.tenantId);
  console.log(`${cpus().length} cores; ${connections} connections, ${seconds} s for each line`);
  const imports: string[][] = [];
  const costs: string[][] = [];
  let filled = 0;
  for (const size of sizes) {
    while (filled < size) {
      const rows = Math.min(rowsPerFile, size - filled);
      imports.push(await fill(tenant, filled, rows));
      filled += rows;
      console.error(`${filled} expenses`);
    }
    await drained(platform.database.adminUrl, patienceMs);
    // What autovacuum does within the minute.
    await platform.database.query('analyze');
    const operations = await operationsOf(tenant);
    for (const operation of operations) costs.push([String(size), ...(await measure(operation))]);
  }
  console.log(table(['import', 'rows', 'rows/s', 'ledger MB at most'], imports));
  console.log(
    `\n${table(['expenses', 'operation', 'req/s', 'p50 ms', 'p99 ms', 'failed', 'CPU ms ledger', 'CPU ms pg'], costs)}`,
  );
}

async function fill(tenant: SignedIn, from: number, rows: number): Promise<string[]> {
  const lines = Array.from({ length: rows }, (_, index) => lineOf(from + index));
  const start = performance.now();
  const done = await importFile(tenant, ['date;merchant;category;project;amount;currency', ...lines].join('\n'), {
    timeoutMs: patienceMs,
  });
  const tookMs = performance.now() - start;
  if (done.imported !== rows) throw new Error(`Only ${done.imported} of ${rows} expenses were imported`);
  return [
    `behind ${from}`,
    String(rows),
    (rows / (tookMs / 1_000)).toFixed(0),
    peakMemoryMb(platform.pidOf('ledger') ?? 0),
  ];
}

function lineOf(index: number): string {
  const year = 2023 + (Math.floor(index / 12) % 2);
  const month = String((index % 12) + 1).padStart(2, '0');
  const day = String((index % 28) + 1).padStart(2, '0');
  return `${year}-${month}-${day};Vendor ${index % 97};Category ${index % 13};Project ${index % 7};${(index % 90_000) + 1}.00;EUR`;
}

async function operationsOf(tenant: SignedIn): Promise<Operation[]> {
  const [category] = (await tenant.api.get('/categories', { query: { limit: 1 } })).data.data;
  const urls = (path: string) => [`${platform.gatewayUrl}/api/v1${path}`];
  const headers = { authorization: `Bearer ${tenant.token}` };
  const body = JSON.stringify({
    amount: '125.50',
    currency: 'EUR',
    title: 'Load',
    category_id: category?.id,
    expense_date: '2025-01-15',
  });
  const get = (name: string, path: string): Operation => ({ name, method: 'GET', urls: urls(path), headers });
  return [
    {
      name: 'record',
      method: 'POST',
      urls: urls('/expenses'),
      headers: { ...headers, 'content-type': 'application/json' },
      body: () => body,
    },
    get('list 50', '/expenses?limit=50'),
    get('list 50 of a category', `/expenses?limit=50&category_id=${category?.id}`),
    get('month summary', '/stats/summary?month=2024-05'),
  ];
}

async function measure(operation: Operation): Promise<string[]> {
  const times = () => [cpuTimeMs(platform.pidOf('ledger') ?? 0) ?? 0, databaseCpuTimeMs(platform.database.name) ?? 0];
  const before = times();
  const result = await load(operation, { connections, seconds });
  const cpuMs = times().map((time, index) => (time - (before[index] ?? 0)) / result.requests);
  await drained(platform.database.adminUrl, patienceMs);
  return [
    operation.name,
    result.requestsPerSecond.toFixed(0),
    result.p50Ms.toFixed(0),
    result.p99Ms.toFixed(0),
    String(result.failures),
    ...cpuMs.map((time) => time.toFixed(2)),
  ];
}
