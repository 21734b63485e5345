import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startPlatform } from '@outlay/testkit';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

interface Item {
  name: string;
  request: { method: string; url: { raw: string } };
}

interface Collection {
  item: { item: Item[] }[];
}

/** What somebody who is new here would try, in the order of the collection. */
const tour = [
  'POST auth/register',
  'POST auth/login',
  'POST auth/refresh',
  'GET auth/me',
  'GET tenant',
  'PATCH tenant',
  'GET plans',
  'POST categories',
  'GET categories',
  'POST accounts',
  'GET accounts',
  'POST projects',
  'GET projects',
  'POST expenses',
  'GET expenses',
  'GET expenses/:id',
  'PUT expenses/:id',
  'PATCH expenses/:id',
  'DELETE expenses/:id',
  'POST imports',
  'GET imports',
  'GET imports/:id',
  'GET imports/:id/rows',
  'GET stats/summary?month=2025-01',
];

/** What Newman says of one request. */
interface Execution {
  item: { name: string };
  response?: { code: number };
  assertions?: { assertion: string; error?: { message: string } }[];
}

describe('the Postman collection', () => {
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  let folder: string;
  beforeAll(async () => {
    platform = await startPlatform({ bus: 'embedded' });
    folder = await mkdtemp(join(tmpdir(), 'postman-'));
  });
  afterAll(async () => {
    await platform?.stop();
    await rm(folder, { recursive: true });
  });

  it('works from registration to the month summary, each request as it stands', async () => {
    const collection = await readCollection();

    const executions = await runNewman({ ...collection, item: requestsOf(collection, tour) });

    expect(executions).toHaveLength(tour.length);
    const failed = executions.flatMap(({ item, response, assertions = [] }) =>
      assertions.filter(({ error }) => error).map(({ error }) => `${item.name}: ${response?.code} ${error?.message}`),
    );
    expect(failed).toEqual([]);
  });

  it('says so where a request is refused', async () => {
    const collection = await readCollection();
    const item = requestsOf(collection, ['POST auth/login']);

    const [logIn] = await runNewman({ ...collection, item }, { email: 'nobody@acme.example' });

    expect(logIn?.response?.code).toBe(401);
    expect(logIn?.assertions?.[0]?.error?.message).toContain('invalid_credentials');
  });

  const readCollection = async () =>
    (await fetch(`${platform.gatewayUrl}/api/postman.json`)).json() as Promise<Collection>;

  /** In a process of its own, as those who use it run it. */
  async function runNewman(collection: object, environment: Record<string, string> = {}): Promise<Execution[]> {
    const file = join(folder, 'collection.json');
    const report = join(folder, 'report.json');
    await writeFile(file, JSON.stringify(collection));
    const bin = fileURLToPath(new URL('../../node_modules/newman/bin/newman.js', import.meta.url));
    const variables = Object.entries({ base_url: platform.gatewayUrl, ...environment }).flatMap(([key, value]) => [
      '--env-var',
      `${key}=${value}`,
    ]);
    const newman = spawn(
      process.execPath,
      [bin, 'run', file, ...variables, '--reporters', 'json', '--reporter-json-export', report],
      // Its deprecation warnings are not ours.
      { stdio: 'ignore' },
    );
    await new Promise((resolve) => newman.on('close', resolve));
    return JSON.parse(await readFile(report, 'utf8')).run.executions;
  }
});

function requestsOf(collection: Collection, wanted: readonly string[]): Item[] {
  return collection.item
    .flatMap(({ item }) => item)
    .filter(({ request: { method, url } }) =>
      wanted.includes(`${method} ${url.raw.replace('{{base_url}}/api/v1/', '')}`),
    );
}
