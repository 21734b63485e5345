import { join } from 'node:path';
import { type Infrastructure, type ServicePorts, serviceEnvironment } from './service-environment.ts';
import { createServiceProcess, type ServiceProcess } from './service-process.ts';
import { type ServiceEntry, services } from './services.ts';

export type RunningServices = {
  get: (name: string) => ServiceProcess;
  all: ServiceProcess[];
  /** In reverse order of starting, so that the gateway takes no more requests before what it calls goes away. */
  stop: (timeoutMs?: number) => Promise<void>;
};

/** Starts all services as processes, at once, and resolves when each is ready; when one is not, all are stopped again. */
export async function startServices(options: {
  infrastructure: Infrastructure;
  ports: ReadonlyMap<ServiceEntry, ServicePorts>;
  environment: Record<string, string>;
  logDirectory: string;
  onReady?: (name: string) => void;
}): Promise<RunningServices> {
  const { infrastructure, ports, environment, logDirectory, onReady = () => {} } = options;
  const all = services.map((service) =>
    createServiceProcess({
      name: service.name,
      environment: { ...environment, ...serviceEnvironment(service, ports, infrastructure) },
      opsPort: ports.get(service)?.opsPort ?? 0,
      logFile: join(logDirectory, `${service.name}.log`),
    }),
  );
  const stop = async (timeoutMs?: number) => {
    for (const service of all.toReversed()) await service.stop(timeoutMs);
  };
  try {
    for (const service of all) service.start();
    await Promise.all(all.map((service) => service.ready().then(() => onReady(service.name))));
  } catch (error) {
    for (const service of all) service.kill();
    await stop();
    throw error;
  }
  const get = (name: string) => {
    const found = all.find((service) => service.name === name);
    if (found === undefined)
      throw new Error(`There is no service ${name}: choose from ${all.map((service) => service.name).join(', ')}`);
    return found;
  };
  return { get, all, stop };
}
