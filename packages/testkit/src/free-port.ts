import { createServer } from 'node:net';

/** Answers a TCP port on 127.0.0.1 that was free a moment ago. Listen on port 0 instead wherever the listener can say what it got. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
