import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Route } from './define-route.ts';
import { notePartial } from './handle-errors.ts';
import { type Pace, watchTaking } from './pace.ts';
import { problemOf } from './problem.ts';

/** Of what is handed over at once the operating system says only when all of it is gone; slow clients are told by that. */
const pieceBytes = 64 * 1_024;

/**
 * Sends an answer part by part: the next one is asked for when the client has taken those before, and none once it is gone.
 * The first is waited for before anything is sent, so that what is wrong with the request is still answered as a problem.
 * Throws what the parts failed with, and `request_timeout` where the client takes them too slowly: then cutting the connection is
 * the only way left to say that the file is not whole, which is up to whoever catches it.
 */
export async function sendParts(
  request: IncomingMessage,
  response: ServerResponse,
  options: { route: Route; status: number; parts: AsyncIterable<Uint8Array>; pace: Pace },
): Promise<void> {
  const { route, status, parts, pace } = options;
  const { attachment, mediaType = 'application/json' } = route.responses[status] ?? {};
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    'Content-Type': `${mediaType}; charset=utf-8`,
    ...(attachment !== undefined && { 'Content-Disposition': `attachment; filename="${attachment}"` }),
  });
  if (request.method === 'HEAD' || response.destroyed) {
    await iterator.return?.();
    response.end();
    return;
  }
  const source = follow(first, iterator, (error) => notePartial(request, problemOf(error)));
  const watch = watchTaking(response, pace);
  const sending = pipeline(Readable.from(source.parts, { objectMode: true, highWaterMark: 1 }), response).catch(
    (error) => {
      // Where the source did not fail it is the client that does not want the rest.
      if (source.hasFailed()) throw error;
    },
  );
  try {
    await Promise.race([sending, watch.tooSlow]);
  } finally {
    watch.stop();
  }
}

/** The parts from the first on, in pieces; their source is told when no more of them are wanted. */
function follow(
  first: IteratorResult<Uint8Array>,
  iterator: AsyncIterator<Uint8Array>,
  onFailure: (error: unknown) => void,
) {
  let hasFailed = false;
  async function next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await iterator.next();
    } catch (error) {
      hasFailed = true;
      // Before the answer is cut, which is when its line in the log is written.
      onFailure(error);
      throw error;
    }
  }
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for (let part = first; !part.done; part = await next()) {
        for (let at = 0; at < part.value.length; at += pieceBytes) yield part.value.subarray(at, at + pieceBytes);
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { parts: parts(), hasFailed: () => hasFailed };
}
