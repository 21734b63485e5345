import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { redisAnswers } from '../host/answers.ts';
import { startKept } from '../host/kept-process.ts';
import { executable } from './executable.ts';
import type { Server } from './find-servers.ts';

/** The installed Redis, or what is compatible with it, where there is one. */
export function redisBinary(): string | undefined {
  return (
    executable('redis-server', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin') ??
    executable('valkey-server', '/usr/bin', '/usr/local/bin')
  );
}

/** Starts an installed Redis on a port of its own. It keeps nothing on disk: what stops is forgotten. */
export async function startOwnRedis(
  binary: string,
  { port, directory }: { port: number; directory: string },
): Promise<Server> {
  const url = `redis://127.0.0.1:${port}`;
  const settings = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no', dir: directory };
  const server = startKept({
    command: [binary, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])],
    stopSignal: 'SIGTERM',
    logFile: join(directory, 'redis.log'),
  });
  const stop = () => server.stop();
  try {
    await eventually(() => redisAnswers(url), { timeoutMs: 15_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, origin: `127.0.0.1:${port} (${binary}, started for this run)`, stop };
}
