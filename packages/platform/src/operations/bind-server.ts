import type { AddressInfo, Server } from 'node:net';

/** Has a server listen; answers the port, which for 0 is any free one. Rejects where it cannot. */
export function bindServer(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
