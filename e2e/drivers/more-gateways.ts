import { freePort, type TestPlatform } from '@outlay/testkit';
import { createPlatformServices, type Infrastructure, type ServicePorts, services } from '@outlay/testkit/host';

/** Further gateways in front of the services of a platform. */
export interface MoreGateways {
  urls: readonly string[];
  stop: () => Promise<void>;
}

/** Starts gateways beside the platform's own, with the environment that the platform was given. */
export async function startMoreGateways(
  platform: TestPlatform,
  count: number,
  options: { infrastructure: Infrastructure; environment: Record<string, string> },
): Promise<MoreGateways> {
  const portOf = (address: string) => Number(new URL(address).port);
  const gateways = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const own: ServicePorts = { port: await freePort(), opsPort: await freePort() };
      const ports = new Map(
        services.map((service) => [
          service,
          service.name === 'gateway'
            ? own
            : {
                port: portOf(`http://${platform.addressOf(service.name)}`),
                opsPort: portOf(platform.opsUrlOf(service.name)),
              },
        ]),
      );
      const process = createPlatformServices({
        ...options,
        ports,
        logDirectory: `${platform.logDirectory}/gateway-${index + 2}`,
      }).get('gateway');
      process.start();
      await process.ready();
      return { process, url: `http://127.0.0.1:${own.port}` };
    }),
  );
  return {
    urls: gateways.map(({ url }) => url),
    stop: async () => {
      await Promise.all(gateways.map(({ process }) => process.stop()));
    },
  };
}
