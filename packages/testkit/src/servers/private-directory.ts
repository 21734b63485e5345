import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts a server on data of its own, which is gone when the server has stopped, and when it does not start. */
export async function withPrivateDirectory<S extends { stop: () => Promise<void> }>(
  name: string,
  start: (directory: string) => Promise<S>,
): Promise<S> {
  const directory = await privateDirectory(name);
  try {
    const server = await start(directory.path);
    const stop = async () => {
      await server.stop();
      await directory.remove();
    };
    return { ...server, stop };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** A folder for the data of a server that lives as long as this test run. */
export async function privateDirectory(name: string): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `outlay-${name}-`));
  // The server may run as another account, which has to pass through here.
  await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
