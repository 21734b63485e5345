import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, any of which could take a port of theirs before it is listened on. */
const range = { from: 20_000, to: 32_000 };
const given = new Set<number>();

/** Answers a TCP port on 127.0.0.1 that was free a moment ago. Listen on port 0 instead wherever the listener can say what it got. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = range.from + Math.floor(Math.random() * (range.to - range.from));
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error('No free port was found on 127.0.0.1');
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
