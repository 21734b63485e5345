import { serviceUrl } from '@outlay/platform';
import { busSchema } from './migrate-platform.ts';
import { type ServiceEntry, services } from './services.ts';

/** The servers that a platform runs on. Without `amqpUrl` the bus is in PostgreSQL, without `redisUrl` the gateway keeps its state in memory. */
export type Infrastructure = { databaseUrl: string; amqpUrl?: string; redisUrl?: string };

/** Where a process of a service listens: gRPC (for the gateway HTTP), and its operations server. */
export type ProcessPorts = { port: number; opsPort: number };

/** Where a service listens, with its further processes, if it has any. */
export type ServicePorts = ProcessPorts & { replicas?: readonly ProcessPorts[] };

/** The variables with which one process of a service runs; see each service's config.ts for what they mean there. */
export function serviceEnvironment(
  service: ServiceEntry,
  own: ProcessPorts,
  platform: { ports: ReadonlyMap<ServiceEntry, ServicePorts>; infrastructure: Infrastructure },
): Record<string, string> {
  const { databaseUrl, amqpUrl, redisUrl } = platform.infrastructure;
  const environment: Record<string, string> = {
    HOST: '127.0.0.1',
    [service.port.variable]: String(own.port),
    OPS_PORT: String(own.opsPort),
    // Four threads, as Node has by default, would be busy with two passwords while files and names are waited for.
    UV_THREADPOOL_SIZE: '8',
  };
  for (const [other, ports] of platform.ports) {
    if (other.addressVariable !== undefined) environment[other.addressVariable] = addressOf(ports);
  }
  if (service.schema !== undefined) environment.DATABASE_URL = serviceUrl(databaseUrl, service.schema);
  if (service.bus && amqpUrl !== undefined) environment.AMQP_URL = amqpUrl;
  if (service.bus && amqpUrl === undefined) environment.BUS_DATABASE_URL = serviceUrl(databaseUrl, busSchema);
  if (redisUrl !== undefined) environment.REDIS_URL = redisUrl;
  return environment;
}

/** The secrets of a platform that a service has no business with; what roles' passwords are made of is no service's. */
export function secretsKeptFrom(service: ServiceEntry): ReadonlySet<string> {
  const own = new Set(service.secrets);
  const all = ['DATABASE_ROLE_SECRET', ...services.flatMap(({ secrets = [] }) => secrets)];
  return new Set(all.filter((name) => !own.has(name)));
}

/** As gRPC's resolver for given addresses reads it, where there are several; calls are shared out among them. */
function addressOf({ port, replicas = [] }: ServicePorts): string {
  const addresses = [port, ...replicas.map((replica) => replica.port)].map((each) => `127.0.0.1:${each}`);
  return addresses.length === 1 ? addresses.join() : `ipv4:${addresses.join(',')}`;
}
