import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { type ServiceEntry, type ServicePorts, services } from '@outlay/testkit/host';

export type ChosenPorts = ReadonlyMap<ServiceEntry, ServicePorts>;

/** The usual ports, or free ones where others hold them. Only the gateway's is fixed, as clients have to know it. */
export async function choosePorts(): Promise<ChosenPorts> {
  const ports = new Map<ServiceEntry, ServicePorts>();
  for (const service of services) {
    const port = isGateway(service) ? await gatewayPort(service) : await usualOrFree(service.port.usual);
    ports.set(service, { port, opsPort: await usualOrFree(service.opsPort) });
  }
  return ports;
}

/** Whether nobody has taken one of them since. */
export async function areFree(ports: ChosenPorts): Promise<boolean> {
  const wanted = [...ports.values()].flatMap(({ port, opsPort }) => [port, opsPort]);
  const found = await Promise.all(wanted.map(listenOn));
  return !found.includes(undefined);
}

export function gatewayUrlOf(ports: ChosenPorts): string {
  const [, gateway] = [...ports].find(([service]) => isGateway(service)) ?? [];
  return `http://localhost:${gateway?.port}`;
}

export function identityAddressOf(ports: ChosenPorts): string {
  const [, identity] = [...ports].find(([service]) => service.name === 'identity') ?? [];
  return `127.0.0.1:${identity?.port}`;
}

function isGateway(service: ServiceEntry): boolean {
  return service.port.variable === 'GATEWAY_PORT';
}

async function gatewayPort(service: ServiceEntry): Promise<number> {
  const wanted = process.env.GATEWAY_PORT ?? String(service.port.usual);
  const port = Number(wanted);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`GATEWAY_PORT is ${wanted}: set it to a port number, or unset it for 8080.`);
  if ((await listenOn(port)) === undefined) {
    throw new Error(
      `Port ${port}, where the gateway is to listen, is taken${holderOf(port)}: stop that program, or set GATEWAY_PORT to another port.`,
    );
  }
  return port;
}

async function usualOrFree(usual: number): Promise<number> {
  const port = (await listenOn(usual)) ?? (await listenOn(0));
  if (port === undefined) throw new Error('No free port is left on 127.0.0.1.');
  return port;
}

function listenOn(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

/** Which program it is, where the system can say. */
function holderOf(port: number): string {
  const { stdout } = spawnSync('ss', ['-ltnpH', `sport = :${port}`], { encoding: 'utf8' });
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout ?? '') ?? [];
  return name === undefined ? '' : ` by ${name} (process ${pid})`;
}
