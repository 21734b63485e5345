import { freePort } from '../free-port.ts';
import { rabbitmqAnswers } from '../host/answers.ts';
import type { RabbitmqAdmin } from '../test-environment.ts';
import { startContainer } from './container.ts';
import { installPackage } from './distribution-package.ts';
import { executable } from './executable.ts';
import type { RabbitmqServer } from './find-servers.ts';
import { firstThatWorks, mayUseRunning } from './first-that-works.ts';
import { rabbitmqBinary, startOwnRabbitmq } from './own-rabbitmq.ts';
import { withPrivateDirectory } from './private-directory.ts';
import { listVhosts } from './rabbitmq-admin.ts';

const usual = 'amqp://guest:guest@127.0.0.1:5672/';

/** RabbitMQ for tests: one that is given, one that runs, one that is installed, a container, the distribution's package. */
export async function findRabbitmq(report: (line: string) => void): Promise<RabbitmqServer> {
  const given = process.env.TEST_AMQP_URL ?? process.env.AMQP_URL;
  if (given) return running(given, `${new URL(given).host} (AMQP_URL)`);
  return firstThatWorks<RabbitmqServer>(
    'RabbitMQ 3.10 or newer',
    [
      {
        name: 'running on the usual port',
        find: async () => (mayUseRunning() ? running(usual, '127.0.0.1:5672 (running there)') : undefined),
      },
      { name: 'installed', find: ownServer },
      { name: 'Docker', find: containerServer },
      {
        name: 'package of the distribution',
        find: async () => ((await installPackage('rabbitmq-server', report)) ? ownServer() : undefined),
      },
    ],
    { report, advice: 'Install RabbitMQ (rabbitmq-server), or set AMQP_URL to one with the management plugin.' },
  );
}

async function running(url: string, origin: string): Promise<RabbitmqServer> {
  await rabbitmqAnswers(url);
  return { url, origin, admin: await adminOf(url), stop: async () => {} };
}

/** Each test file gets a virtual host of its own, so the server has to let us make them: over HTTP, or with its tool on this machine. */
async function adminOf(url: string): Promise<RabbitmqAdmin> {
  const management = new URL(url);
  const ways: RabbitmqAdmin[] = [
    {
      kind: 'http',
      url: `http://${management.username || 'guest'}:${management.password || 'guest'}@${management.hostname}:15672`,
    },
  ];
  if (isLocal(management.hostname) && executable('rabbitmqctl') !== undefined) {
    ways.push({ kind: 'ctl', command: ['rabbitmqctl'], environment: {} });
  }
  for (const admin of ways) {
    try {
      await listVhosts(admin);
      return admin;
    } catch {
      // The next way.
    }
  }
  throw new Error(
    `virtual hosts cannot be made on ${management.host}: enable its management plugin ("rabbitmq-plugins enable rabbitmq_management")`,
  );
}

function isLocal(hostname: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

async function ownServer(): Promise<RabbitmqServer | undefined> {
  const binary = rabbitmqBinary();
  if (binary === undefined) return undefined;
  const ports = { port: await freePort(), managementPort: await freePort() };
  return withPrivateDirectory('rabbitmq', (directory) => startOwnRabbitmq(binary, { ...ports, directory }));
}

async function containerServer(): Promise<RabbitmqServer | undefined> {
  const container = await startContainer('rabbitmq:4-management-alpine', {
    ports: [5672, 15672],
    readyLog: /Server startup complete/,
  });
  if (container === undefined) return undefined;
  const place = `${container.host}:${container.port(5672)}`;
  return {
    url: `amqp://guest:guest@${place}/`,
    origin: `${place} (container)`,
    admin: { kind: 'http', url: `http://guest:guest@${container.host}:${container.port(15672)}` },
    stop: container.stop,
  };
}
