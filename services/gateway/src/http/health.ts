import { Router as createRouter, type Router } from 'express';
import { exchangeOf } from './exchange.ts';

export type Checks = Readonly<Record<string, () => Promise<void>>>;

const checkTimeoutMs = 1_500;

/** `/healthz`: the process lives. `/readyz`: it and every service behind it can serve; 503 names those that cannot. */
export function mountHealth(checks: Checks, isStopping: () => boolean): Router {
  const router = createRouter();
  router.use((request, _response, next) => {
    const isProbe = request.path === '/healthz' || request.path === '/readyz';
    if (isProbe) Object.assign(exchangeOf(request), { route: request.path, isQuiet: true });
    next();
  });
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const failing = isStopping() ? ['stopping'] : await failingChecks(checks);
    const isReady = failing.length === 0;
    response
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status: isReady ? 'ok' : 'unavailable', failing });
  });
  return router;
}

async function failingChecks(checks: Checks): Promise<string[]> {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ((await passes(check)) ? [] : [name])),
  );
  return outcomes.flat();
}

function passes(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, checkTimeoutMs, false);
  });
  const outcome = check().then(
    () => true,
    () => false,
  );
  return Promise.race([outcome, timeout]).finally(() => clearTimeout(timer));
}
