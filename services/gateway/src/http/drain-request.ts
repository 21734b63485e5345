import type { IncomingMessage } from 'node:http';

const bytesMax = 32 * 1024 * 1024;
const timeoutMs = 10_000;

/**
 * Lets a client that is refused in mid-upload go on sending for a while: most read the answer only when they have
 * sent everything, and a connection that is cut under them loses it. One that does not come to an end is cut.
 */
export function drainRequest(request: IncomingMessage): void {
  if (request.complete) return;
  request.unpipe();
  request.removeAllListeners('data');
  let size = 0;
  const timer = setTimeout(() => request.socket.destroy(), timeoutMs);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > bytesMax) request.socket.destroy();
  });
  request.resume();
}
