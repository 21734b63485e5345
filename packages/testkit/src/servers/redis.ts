import { freePort } from '../free-port.ts';
import { redisAnswers } from '../host/answers.ts';
import { startContainer } from './container.ts';
import { installPackage } from './distribution-package.ts';
import type { Server } from './find-servers.ts';
import { firstThatWorks, mayUseRunning } from './first-that-works.ts';
import { redisBinary, startOwnRedis } from './own-redis.ts';
import { withPrivateDirectory } from './private-directory.ts';

/** Redis for tests: one that is given, one that runs, one that is installed, a container, the distribution's package. */
export async function findRedis(report: (line: string) => void): Promise<Server> {
  const given = process.env.TEST_REDIS_URL ?? process.env.REDIS_URL;
  if (given) return running(given, `${new URL(given).host} (REDIS_URL)`);
  return firstThatWorks<Server>(
    'Redis',
    [
      {
        name: 'running on the usual port',
        find: async () =>
          mayUseRunning() ? running('redis://127.0.0.1:6379', '127.0.0.1:6379 (running there)') : undefined,
      },
      { name: 'installed', find: ownServer },
      { name: 'Docker', find: containerServer },
      {
        name: 'package of the distribution',
        find: async () => ((await installPackage('redis-server', report)) ? ownServer() : undefined),
      },
    ],
    { report, advice: 'Install Redis (redis-server), or set REDIS_URL.' },
  );
}

async function running(url: string, origin: string): Promise<Server> {
  await redisAnswers(url);
  return { url, origin, stop: async () => {} };
}

async function ownServer(): Promise<Server | undefined> {
  const binary = redisBinary();
  if (binary === undefined) return undefined;
  const port = await freePort();
  return withPrivateDirectory('redis', (directory) => startOwnRedis(binary, { port, directory }));
}

async function containerServer(): Promise<Server | undefined> {
  const container = await startContainer('redis:7-alpine', { ports: [6379], readyLog: /Ready to accept connections/ });
  if (container === undefined) return undefined;
  const place = `${container.host}:${container.port(6379)}`;
  return { url: `redis://${place}`, origin: `${place} (container)`, stop: container.stop };
}
