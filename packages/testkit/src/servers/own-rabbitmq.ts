import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { rabbitmqAnswers } from '../host/answers.ts';
import { startKept } from '../host/kept-process.ts';
import { tailOf } from '../host/tail-of.ts';
import { executable } from './executable.ts';
import type { RabbitmqServer } from './find-servers.ts';
import { listVhosts } from './rabbitmq-admin.ts';

export type OwnRabbitmqOptions = {
  port: number;
  managementPort: number;
  /** Holds data, log and settings; stays when the server stops, so that it can be started on them again. */
  directory: string;
};

/** The installed RabbitMQ, where there is one. */
export function rabbitmqBinary(): string | undefined {
  // The wrapper that Debian puts on the PATH insists on its own account; the script below it runs as anyone.
  return executable('rabbitmq-server', '/usr/lib/rabbitmq/bin', '/opt/homebrew/sbin', '/usr/local/sbin');
}

/** Starts an installed RabbitMQ on ports and data of its own, with the management plugin, beside any other that runs on the machine. */
export async function startOwnRabbitmq(
  binary: string,
  { port, managementPort, directory }: OwnRabbitmqOptions,
): Promise<RabbitmqServer> {
  const file = (name: string, content: string) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const logFile = join(directory, 'rabbitmq.log');
  const server = startKept({
    command: [binary],
    stopSignal: 'SIGTERM',
    logFile,
    environment: {
      // The cookie by which nodes know each other is kept in the home folder.
      HOME: directory,
      RABBITMQ_NODENAME: `outlay_${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(await freePort()),
      ERL_CRASH_DUMP: join(directory, 'erl_crash.dump'),
      RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
      RABBITMQ_CONFIG_FILE: file(
        'rabbitmq.conf',
        `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${managementPort}\nlog.console = true\ndisk_free_limit.absolute = 50MB\n`,
      ),
      RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_management].\n'),
      RABBITMQ_MNESIA_BASE: join(directory, 'data'),
      RABBITMQ_LOG_BASE: join(directory, 'log'),
      RABBITMQ_PID_FILE: join(directory, 'pid'),
    },
  });
  const stop = () => server.stop(20_000);
  const url = `amqp://guest:guest@127.0.0.1:${port}/`;
  const admin = { kind: 'http', url: `http://guest:guest@127.0.0.1:${managementPort}` } as const;
  const deadline = performance.now() + 90_000;
  for (;;) {
    try {
      await rabbitmqAnswers(url);
      await listVhosts(admin);
      return { url, origin: `127.0.0.1:${port} (${binary}, started for this run)`, admin, stop };
    } catch (error) {
      if (server.hasExited() || performance.now() > deadline) {
        const log = tailOf(logFile);
        await stop();
        throw new Error(`${binary} does not start: ${String(error)}\n${log}`);
      }
    }
    await delay(200);
  }
}
