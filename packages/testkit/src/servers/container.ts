/** A container that runs, and on which port of this machine each of its ports is reached. */
export type StartedContainer = { host: string; port: (container: number) => number; stop: () => Promise<void> };

/** Starts a container where a Docker engine answers; undefined where none does. */
export async function startContainer(
  image: string,
  options: {
    ports: number[];
    environment?: Record<string, string>;
    command?: string[];
    readyLog: RegExp;
    times?: number;
  },
): Promise<StartedContainer | undefined> {
  // Loaded when it is needed: it is large.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  try {
    await getContainerRuntimeClient();
  } catch {
    return undefined;
  }
  const container = await new GenericContainer(image)
    .withExposedPorts(...options.ports)
    .withEnvironment(options.environment ?? {})
    .withCommand(options.command ?? [])
    .withWaitStrategy(Wait.forLogMessage(options.readyLog, options.times ?? 1))
    .start();
  return {
    host: container.getHost(),
    port: (inside) => container.getMappedPort(inside),
    stop: async () => {
      await container.stop();
    },
  };
}
