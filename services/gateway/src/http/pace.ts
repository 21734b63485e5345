import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from './http-error.ts';

/** How slowly a body may come, or an answer be taken. */
export interface Pace {
  /** Without a byte. */
  stallMs: number;
  /** On the whole, after a first stallMs. */
  bytesPerSecond: number;
}

/** Watches a body on its way in, or an answer on its way out. */
export interface PaceWatch {
  /** Rejects with `request_timeout` as soon as the client is too slow; settles in no other way. */
  tooSlow: Promise<never>;
  stop(): void;
}

/**
 * Sees to it that a body keeps coming. Counted is only time in which everything that came has been taken: whoever is held up
 * by a slow service behind us is not the slow one.
 */
export function watchPace(request: IncomingMessage, pace: Pace): PaceWatch {
  const { socket } = request;
  return watch(pace, {
    isOver: () => request.complete || request.destroyed,
    isOwed: () => request.readableLength === 0,
    bytes: () => socket.bytesRead,
    refusal: () => new HttpError('request_timeout', 'The file came too slowly', { Connection: 'close' }),
  });
}

/** Sees to it that an answer is taken. Counted is only time in which some of it waits for the client. */
export function watchTaking(response: ServerResponse, pace: Pace): PaceWatch {
  const { socket } = response.req;
  return watch(pace, {
    isOver: () => response.writableFinished || response.destroyed,
    isOwed: () => socket.writableLength > 0,
    // Both count what the operating system has not taken yet.
    bytes: () => socket.bytesWritten - socket.writableLength,
    refusal: () => new HttpError('request_timeout', 'The file was taken too slowly', { Connection: 'close' }),
  });
}

function watch(
  { stallMs, bytesPerSecond }: Pace,
  line: { isOver: () => boolean; isOwed: () => boolean; bytes: () => number; refusal: () => HttpError },
): PaceWatch {
  const tickMs = Math.max(10, Math.min(250, stallMs / 10));
  const bytesBefore = line.bytes();
  let bytes = 0;
  let stalledMs = 0;
  let waitedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearInterval(timer);
  const tooSlow = new Promise<never>((_resolve, reject) => {
    const look = () => {
      if (line.isOver()) return stop();
      const moved = line.bytes() - bytesBefore;
      const isOwed = line.isOwed();
      stalledMs = isOwed && moved === bytes ? stalledMs + tickMs : 0;
      if (isOwed) waitedMs += tickMs;
      bytes = moved;
      if (stalledMs < stallMs && waitedMs < stallMs + (bytes / bytesPerSecond) * 1_000) return;
      stop();
      reject(line.refusal());
    };
    timer = setInterval(look, tickMs);
    timer.unref();
  });
  tooSlow.catch(() => undefined);
  return { tooSlow, stop };
}
