import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSilentLogger } from '@outlay/platform';
import { fetchPlatformRates } from '../../src/rates/fetch-platform-rates.ts';
import { createLedgerDatabase, type LedgerDatabase } from '../../src/store/ledger-database.ts';
import { ecbFile, ratesOf } from './driver/rates.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let answer: RequestListener;
const server = createServer((request, response) => answer(request, response));
let url: string;
let ledger: TestLedger;
let database: LedgerDatabase;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stats/eurofxref/eurofxref-hist-90d.xml`;
  ledger = await startLedger({ environment: { ECB_RATES_URL: url } });
  database = createLedgerDatabase(ledger.database.urlFor('ledger'), createSilentLogger());
});
afterAll(async () => {
  await database.close();
  await ledger.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const fetchNow = (timeoutMs = 10_000) =>
  fetchPlatformRates(
    { database, clock: () => new Date(), logger: createSilentLogger(), isReady: () => false },
    { url, timeoutMs },
  );

const known = async () =>
  (await ledger.query<{ rate: string }>('select rate::text from ledger.platform_rates')).map(({ rate }) => rate);

const file = ecbFile({ day: '2025-01-17', rates: { USD: '1.0298' } });

describe('fetching the platform’s rates', () => {
  it.each<[string, RequestListener]>([
    ['answers 500', (_request, response) => response.writeHead(500).end('down')],
    ['answers a page', (_request, response) => response.writeHead(200).end('<html><body>Welcome</body></html>')],
    ['answers nothing', (_request, response) => response.writeHead(200).end()],
    ['hangs before it answers', () => undefined],
    [
      'hangs half-way',
      (_request, response) => {
        response.writeHead(200, { 'Content-Length': String(file.length) });
        response.write(file.slice(0, -40));
      },
    ],
    [
      'breaks off half-way',
      (_request, response) => {
        response.writeHead(200, { 'Content-Length': String(file.length) });
        response.write(file.slice(0, -40), () => response.destroy());
      },
    ],
    [
      'ends early as if that were all',
      (_request, response) => {
        response.writeHead(200).end(file.slice(0, -40));
      },
    ],
    ['hangs up', (request) => request.socket.destroy()],
    [
      'sends on without end',
      (_request, response) => {
        response.writeHead(200);
        response.write('<Envelope>');
        const more = () => {
          if (!response.destroyed) response.write(' '.repeat(1_000_000), more);
        };
        more();
      },
    ],
  ])('takes nothing from a server that %s', async (_what, behaviour) => {
    answer = behaviour;

    await expect(fetchNow(1_500)).rejects.toMatchObject({ kind: expect.stringMatching(/^(unavailable|invalid)$/) });

    expect(await known()).toEqual([]);
  });

  it('takes what is published, each time it is due, and adds nothing twice', async () => {
    const asked: string[] = [];
    answer = (request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, { 'Content-Type': 'text/xml' }).end(file);
    };

    await ratesOf(ledger).runJob('fetch_rates');
    await ratesOf(ledger).runJob('fetch_rates');

    expect(asked).toEqual(Array(2).fill('/stats/eurofxref/eurofxref-hist-90d.xml'));
    expect(await known()).toEqual(['1.0298']);
    const imports = await ledger.query(
      'select actor_kind, actor_id, added, unchanged from ledger.platform_rate_imports order by recorded_at',
    );
    expect(imports).toEqual([
      { actor_kind: 'service', actor_id: 'ledger', added: 1, unchanged: 0 },
      { actor_kind: 'service', actor_id: 'ledger', added: 0, unchanged: 1 },
    ]);
  });
});
