import { join } from 'node:path';
import { clientSecretOf } from '@outlay/platform';
import {
  type Infrastructure,
  type ProcessPorts,
  type ServicePorts,
  secretsKeptFrom,
  serviceEnvironment,
} from './service-environment.ts';
import { createServiceProcess, type ServiceProcess } from './service-process.ts';
import { type ServiceEntry, services } from './services.ts';

/** The processes of the six services as one. */
export type PlatformServices = {
  all: readonly ServiceProcess[];
  /** By its name: that of the service, or `ledger-2` for a further process of it. */
  get: (name: string) => ServiceProcess;
  replicasOf: (service: string) => readonly ServiceProcess[];
  /** Starts all at once and resolves when each is ready; rejects as soon as one is not going to be. */
  start: (onReady?: (name: string) => void) => Promise<void>;
  /** In reverse order, so that the gateway takes no more requests before what it calls goes away. */
  stop: (timeoutMs?: number) => Promise<void>;
  /** SIGKILL to all of them. */
  kill: () => void;
};

/** Each service gets its own; identity makes them all of the one that the platform is started with. */
function clientSecret(name: string, given: Record<string, string | undefined>): Record<string, string> {
  const secret = given.SERVICE_CLIENT_SECRET;
  if (secret === undefined) return {};
  return { SERVICE_CLIENT_SECRET: name === 'identity' ? secret : clientSecretOf(secret, name) };
}

/** The services of a platform as processes that are not started yet. */
export function createPlatformServices(options: {
  infrastructure: Infrastructure;
  ports: ReadonlyMap<ServiceEntry, ServicePorts>;
  /** Variables for each service, beside those that say where everything is. */
  environment?: Record<string, string>;
  /** The same, where the environment of this process does not say otherwise. */
  defaults?: Record<string, string>;
  logDirectory: string;
}): PlatformServices {
  const { infrastructure, ports, environment, defaults = {}, logDirectory } = options;
  const create = (service: ServiceEntry, own: ProcessPorts, name: string) =>
    createServiceProcess({
      name,
      main: `services/${service.name}/src/main.ts`,
      environment: {
        ...environment,
        // By which their traces are told apart.
        OTEL_SERVICE_NAME: service.name,
        ...serviceEnvironment(service, own, { ports, infrastructure }),
        ...clientSecret(service.name, { ...defaults, ...process.env, ...environment }),
      },
      defaults,
      hidden: secretsKeptFrom(service),
      opsPort: own.opsPort,
      logFile: join(logDirectory, `${name}.log`),
    });
  const byService = new Map(
    services.map((service) => {
      const own = ports.get(service);
      if (own === undefined) throw new Error(`${service.name} has no ports`);
      const { replicas = [] } = own;
      const processes = [own, ...replicas].map((each, index) =>
        create(service, each, index === 0 ? service.name : `${service.name}-${index + 1}`),
      );
      return [service.name, processes];
    }),
  );
  const all = [...byService.values()].flat();
  return {
    all,
    replicasOf: (name) => byService.get(name) ?? [],
    get: (name) => {
      const found = all.find((service) => service.name === name);
      if (found !== undefined) return found;
      throw new Error(`There is no service ${name}: choose from ${all.map((service) => service.name).join(', ')}`);
    },
    start: async (onReady = () => {}) => {
      for (const service of all) service.start();
      await Promise.all(all.map((service) => service.ready().then(() => onReady(service.name))));
    },
    stop: async (timeoutMs) => {
      for (const service of all.toReversed()) await service.stop(timeoutMs);
    },
    kill: () => {
      for (const service of all) void service.kill();
    },
  };
}
