import { serviceUrl } from '@outlay/platform';
import { busSchema } from './migrate-platform.ts';
import { type ServiceEntry, services } from './services.ts';

/** The servers that a platform runs on. Without `amqpUrl` the bus is in PostgreSQL, without `redisUrl` the gateway keeps its state in memory. */
export type Infrastructure = { databaseUrl: string; amqpUrl?: string; redisUrl?: string };

/** Where a service listens: gRPC (for the gateway HTTP), and its operations server. */
export type ServicePorts = { port: number; opsPort: number };

/** The variables with which one service of a platform runs; see each service's config.ts for what they mean there. */
export function serviceEnvironment(
  service: ServiceEntry,
  ports: ReadonlyMap<ServiceEntry, ServicePorts>,
  infrastructure: Infrastructure,
): Record<string, string> {
  const { databaseUrl, amqpUrl, redisUrl } = infrastructure;
  const own = portsOf(service, ports);
  const environment: Record<string, string> = {
    HOST: '127.0.0.1',
    [service.port.variable]: String(own.port),
    OPS_PORT: String(own.opsPort),
    // Four threads, as Node has by default, would be busy with two passwords while files and names are waited for.
    UV_THREADPOOL_SIZE: '8',
  };
  for (const [other, { port }] of ports) {
    if (other.addressVariable !== undefined) environment[other.addressVariable] = `127.0.0.1:${port}`;
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

function portsOf(service: ServiceEntry, ports: ReadonlyMap<ServiceEntry, ServicePorts>): ServicePorts {
  const own = ports.get(service);
  if (own === undefined) throw new Error(`${service.name} has no ports`);
  return own;
}
