import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { freePort } from './free-port.ts';
import { createPlatformServices } from './host/platform-services.ts';
import type { ProcessPorts, ServicePorts } from './host/service-environment.ts';
import { type ServiceEntry, services } from './host/services.ts';
import { testRedisUrl } from './redis.ts';
import { createTestVhost } from './vhost.ts';

/** The platform as it runs for a test. */
export type TestPlatform = {
  gatewayUrl: string;
  /** Where each of the gateways listens, the first one included. */
  gatewayUrls: readonly string[];
  database: TestDatabase;
  amqpUrl: string | undefined;
  /** What services prove themselves with to identity. */
  serviceClientSecret: string;
  /** The services' logs, one file each; they are kept when OUTLAY_KEEP_LOGS is set. */
  logDirectory: string;
  /** host:port of a service's gRPC server. */
  addressOf: (service: string) => string;
  /** `http://127.0.0.1:port` of a service's operations server. */
  opsUrlOf: (service: string) => string;
  /** Of the first process of a service, as the addresses. */
  pidOf: (service: string) => number | undefined;
  /** Of all processes of a service that run. */
  pidsOf: (service: string) => number[];
  /** SIGTERM to all its processes, and waits until they have gone. */
  stopService: (service: string) => Promise<void>;
  /** Starts a service again, all its processes, after it was stopped or killed, and waits until it is ready. */
  startService: (service: string) => Promise<void>;
  /** To all its processes: SIGKILL by default, and waits until it has gone; SIGSTOP and SIGCONT freeze and thaw. */
  killService: (service: string, signal?: NodeJS.Signals) => Promise<void>;
  stop: () => Promise<void>;
};

/** What the platform is to run on, and what its services are told beside that. */
export type TestPlatformOptions = {
  /** 'embedded': bus on PostgreSQL, no Redis. 'rabbitmq': RabbitMQ and Redis. */
  bus: 'embedded' | 'rabbitmq';
  /** More variables for every service. */
  environment?: Record<string, string>;
  /** How many processes of a service there are, by its name; one of each unless said otherwise. Further ones are called `ledger-2`. */
  replicas?: Readonly<Record<string, number>>;
  /** Lets a test put proxies in front of the servers. */
  through?: (urls: { databaseUrl: string; amqpUrl?: string; redisUrl?: string }) => {
    databaseUrl: string;
    amqpUrl?: string;
    redisUrl?: string;
  };
};

/** The whole platform as six processes on free ports, with a database (and virtual host) of its own. Takes a few seconds: start it once per file. */
export async function startPlatform(options: TestPlatformOptions): Promise<TestPlatform> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const database = await createTestDatabase();
    undo.push(database.drop);
    const vhost = options.bus === 'rabbitmq' ? await createTestVhost() : undefined;
    if (vhost !== undefined) undo.push(vhost.drop);
    const logDirectory = await mkdtemp(join(tmpdir(), 'outlay-platform-'));
    if (process.env.OUTLAY_KEEP_LOGS === undefined) undo.push(() => rm(logDirectory, { recursive: true, force: true }));

    const ports = new Map<ServiceEntry, ServicePorts>();
    for (const service of services) {
      const [own = await freePorts(), ...replicas] = await Promise.all(
        Array.from({ length: options.replicas?.[service.name] ?? 1 }, freePorts),
      );
      ports.set(service, { ...own, replicas });
    }
    const servers = {
      databaseUrl: database.adminUrl,
      ...(vhost === undefined ? {} : { amqpUrl: vhost.amqpUrl, redisUrl: testRedisUrl() }),
    };
    const serviceClientSecret = randomBytes(16).toString('hex');
    const running = createPlatformServices({
      infrastructure: options.through?.(servers) ?? servers,
      ports,
      logDirectory,
      environment: {
        NODE_ENV: 'test',
        SERVICE_CLIENT_SECRET: serviceClientSecret,
        IDENTITY_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
        LEDGER_SEAL_KEY: randomBytes(32).toString('hex'),
        // Several platforms at once share one server (connectionsPerWorker in servers/postgres.ts).
        DATABASE_POOL_MAX: '4',
        // Everybody comes from one address here.
        REGISTRATIONS_PER_HOUR: '0',
        MAIL_OUTBOX_DIRECTORY: join(logDirectory, 'mail'),
        ...options.environment,
      },
    });
    undo.push(() => running.stop());
    await running.start();

    const portsOf = (name: string) => {
      for (const [service, found] of ports) if (service.name === name) return found;
      throw new Error(`There is no service ${name}`);
    };
    const gateway = portsOf('gateway');
    return {
      gatewayUrl: `http://127.0.0.1:${gateway.port}`,
      gatewayUrls: [gateway, ...(gateway.replicas ?? [])].map(({ port }) => `http://127.0.0.1:${port}`),
      database,
      amqpUrl: vhost?.amqpUrl,
      logDirectory,
      serviceClientSecret,
      addressOf: (name) => `127.0.0.1:${portsOf(name).port}`,
      opsUrlOf: (name) => `http://127.0.0.1:${portsOf(name).opsPort}`,
      pidOf: (name) => running.get(name).pid(),
      pidsOf: (name) => running.replicasOf(name).flatMap((process) => process.pid() ?? []),
      stopService: async (name) => {
        await Promise.all(running.replicasOf(name).map((process) => process.stop()));
      },
      startService: async (name) => {
        for (const process of running.replicasOf(name)) if (process.pid() === undefined) process.start();
        await Promise.all(running.replicasOf(name).map((process) => process.ready()));
      },
      killService: async (name, signal) => {
        await Promise.all(running.replicasOf(name).map((process) => process.kill(signal)));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function freePorts(): Promise<ProcessPorts> {
  return { port: await freePort(), opsPort: await freePort() };
}
