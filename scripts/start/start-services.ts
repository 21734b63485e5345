import type { PlatformServices } from '@outlay/testkit/host';
import { areFree, type ChosenPorts, choosePorts } from './choose-ports.ts';
import type { ShutDown } from './shut-down.ts';

const attemptsMax = 3;

/** Starts the services, and anew on other ports where another program took one after it had been found free. */
export async function startServices(
  create: (ports: ChosenPorts) => PlatformServices,
  found: ChosenPorts,
  shutDown: Pick<ShutDown, 'add' | 'onForce' | 'isAsked'>,
): Promise<{ services: PlatformServices; ports: ChosenPorts }> {
  for (let attempt = 1, ports = found; ; attempt++) {
    const services = create(ports);
    shutDown.onForce(services.kill);
    shutDown.add(services.stop);
    try {
      await services.start();
      return { services, ports };
    } catch (error) {
      await services.stop();
      if (attempt === attemptsMax || shutDown.isAsked() || (await areFree(ports))) throw error;
      ports = await choosePorts();
    }
  }
}
