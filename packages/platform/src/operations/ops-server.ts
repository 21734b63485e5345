import { createServer, type Server } from 'node:http';
import { bindServer } from './bind-server.ts';
import type { Logger } from './logger.ts';
import { collectProcessMetrics, metrics } from './metrics.ts';

/** A process's own HTTP server for probes and scraping. */
export interface OpsServer {
  /** Binds; answers the port. */
  start(): Promise<number>;
  stop(): Promise<void>;
  /** Makes /readyz answer 503 from now on, whatever the checks say: the first step of shutting down. */
  setReady(isReady: boolean): void;
}

const checkTimeoutMs = 2_000;

/**
 * Serves GET /healthz (the process lives), GET /readyz (200 when every check resolves within two seconds, else 503
 * with the names of those that did not; and which process it is, as another may have the port that was meant for one) and
 * GET /metrics (Prometheus). Port 0 takes any free one.
 */
export function createOpsServer(options: {
  host: string;
  port: number;
  checks: Readonly<Record<string, () => Promise<void>>>;
  logger: Logger;
}): OpsServer {
  const { host, port, checks, logger } = options;
  let isReady = true;
  let server: Server | undefined;
  let lastFailing = '';

  async function readiness(): Promise<Answer> {
    const failing = isReady ? await failingChecks(checks) : ['stopping'];
    const names = failing.join(', ');
    // Probes come every few seconds; only the change is worth a line.
    if (names !== lastFailing) logger[failing.length > 0 ? 'warn' : 'info']({ failing }, 'readiness changed');
    lastFailing = names;
    const status = failing.length > 0 ? 'unavailable' : 'ok';
    return json(failing.length > 0 ? 503 : 200, { status, failing, pid: process.pid });
  }

  async function answer(path: string): Promise<Answer> {
    if (path === '/healthz') return json(200, { status: 'ok' });
    if (path === '/readyz') return readiness();
    if (path === '/metrics') return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
    return json(404, { status: 'not_found' });
  }

  return {
    start() {
      collectProcessMetrics();
      server = createServer((request, response) => {
        const path = (request.url ?? '/').split('?')[0] ?? '/';
        const isRead = request.method === 'GET' || request.method === 'HEAD';
        const answered = isRead ? answer(path) : Promise.resolve(json(405, { status: 'method_not_allowed' }));
        answered
          .catch((error: unknown) => {
            logger.error({ error, path }, 'ops request failed');
            return json(500, { status: 'error' });
          })
          .then(({ status, type, body }) => {
            response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
            response.end(request.method === 'HEAD' ? undefined : body);
          });
      });
      return bindServer(server, host, port);
    },
    async stop() {
      if (!server?.listening) return;
      const closed = new Promise<void>((resolve) => server?.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
    setReady(value) {
      isReady = value;
    },
  };
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

function json(status: number, body: object): Answer {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

async function failingChecks(checks: Readonly<Record<string, () => Promise<void>>>): Promise<string[]> {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ((await passes(check)) ? undefined : name)),
  );
  return outcomes.filter((name) => name !== undefined);
}

async function passes(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, checkTimeoutMs, false);
  });
  const outcome = (async () => check())().then(
    () => true,
    () => false,
  );
  return Promise.race([outcome, timeout]).finally(() => clearTimeout(timer));
}
