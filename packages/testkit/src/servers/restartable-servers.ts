import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { startLocalPostgres } from '../host/local-postgres.ts';
import { migratePlatform } from '../host/migrate-platform.ts';
import { embeddedBinaries, installedBinaries } from '../host/postgres-binaries.ts';
import { createTcpProxy } from '../tcp-proxy.ts';
import { testVariable } from '../test-environment.ts';
import { rabbitmqBinary, startOwnRabbitmq } from './own-rabbitmq.ts';
import { redisBinary, startOwnRedis } from './own-redis.ts';
import { privateDirectory } from './private-directory.ts';

/** A server that can be stopped and started again at the same address, with what it had on disk. */
export type RestartableServer = { url: string; stop: () => Promise<void>; start: () => Promise<void> };

export type RestartableServers = {
  /** With every schema migrated. Real data on disk: nothing that was committed may be gone. */
  postgres: RestartableServer;
  rabbitmq: RestartableServer;
  redis: RestartableServer;
  remove: () => Promise<void>;
};

/**
 * PostgreSQL, RabbitMQ and Redis for one test that takes them away. Processes of their own where their programs are
 * installed; else the run's server behind a proxy that refuses connections while the server is "stopped".
 */
export async function startRestartableServers(): Promise<RestartableServers> {
  const directory = await privateDirectory('restartable');
  const undo: (() => Promise<void>)[] = [directory.remove];
  const remove = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const kept = async (
    url: string,
    launch: () => Promise<{ stop: () => Promise<void> }>,
  ): Promise<RestartableServer> => {
    let running: { stop: () => Promise<void> } | undefined;
    const server = {
      url,
      start: async () => {
        running ??= await launch();
      },
      stop: async () => {
        await running?.stop();
        running = undefined;
      },
    };
    undo.push(server.stop);
    await server.start();
    return server;
  };
  const proxied = async (variable: 'TEST_AMQP_URL' | 'TEST_REDIS_URL', url = testVariable(variable)) => {
    const proxy = await createTcpProxy(url);
    undo.push(proxy.close);
    return { url: proxy.url(url), stop: proxy.refuse, start: proxy.resume };
  };
  const inDirectory = async (name: string) => {
    const own = await privateDirectory(name);
    undo.push(own.remove);
    return own.path;
  };

  try {
    const [port, amqpPort, managementPort, redisPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const [data, amqpDirectory, redisDirectory] = [
      await inDirectory('postgres'),
      await inDirectory('rabbitmq'),
      await inDirectory('redis'),
    ];
    const rabbitmqProgram = rabbitmqBinary();
    const redisProgram = redisBinary();
    const [postgres, rabbitmq, redis] = await Promise.all([
      kept(`postgres://postgres@127.0.0.1:${port}/postgres`, () =>
        startLocalPostgres({
          binaries: installedBinaries() ?? embeddedBinaries(),
          dataDirectory: join(data, 'data'),
          logFile: join(data, 'postgres.log'),
          port,
          durable: true,
        }),
      ),
      rabbitmqProgram === undefined
        ? proxied('TEST_AMQP_URL')
        : kept(`amqp://guest:guest@127.0.0.1:${amqpPort}/`, () =>
            startOwnRabbitmq(rabbitmqProgram, { port: amqpPort, managementPort, directory: amqpDirectory }),
          ),
      redisProgram === undefined
        ? proxied('TEST_REDIS_URL')
        : kept(`redis://127.0.0.1:${redisPort}`, () =>
            startOwnRedis(redisProgram, { port: redisPort, directory: redisDirectory }),
          ),
    ]);
    await migratePlatform(postgres.url);
    return { postgres, rabbitmq, redis, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
