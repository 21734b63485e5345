import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { freePort } from '../free-port.ts';
import { redisAnswers } from '../host/answers.ts';
import { startKept } from '../host/kept-process.ts';
import { startContainer } from './container.ts';
import { installPackage } from './distribution-package.ts';
import { executable } from './executable.ts';
import type { Server } from './find-servers.ts';
import { firstThatWorks, mayUseRunning } from './first-that-works.ts';
import { privateDirectory } from './private-directory.ts';

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
  const binary =
    executable('redis-server', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin') ??
    executable('valkey-server', '/usr/bin', '/usr/local/bin');
  if (binary === undefined) return undefined;
  const directory = await privateDirectory('redis');
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const server = startKept({
    command: [
      binary,
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory.path,
    ],
    stopSignal: 'SIGTERM',
    logFile: join(directory.path, 'redis.log'),
  });
  const stop = async () => {
    await server.stop();
    await directory.remove();
  };
  try {
    await eventually(() => redisAnswers(url), { timeoutMs: 15_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, origin: `127.0.0.1:${port} (${binary}, started for this run)`, stop };
}

async function containerServer(): Promise<Server | undefined> {
  const container = await startContainer('redis:7-alpine', { ports: [6379], readyLog: /Ready to accept connections/ });
  if (container === undefined) return undefined;
  const place = `${container.host}:${container.port(6379)}`;
  return { url: `redis://${place}`, origin: `${place} (container)`, stop: container.stop };
}
