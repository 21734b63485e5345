import { retryAfterMsOf } from './retry-after.ts';

/** How often and how long the client waits before it tries a request again. */
export interface RetryPolicy {
  /** Tries in all, the first one included. 4 unless told otherwise. */
  attemptsMax?: number;
  /** An answer that asks to wait for longer is handed on at once. 10 seconds unless told otherwise. */
  waitMaxMs?: number;
}

const unreachableWaitMs = 250;

/**
 * Sends a request, and again where the answer is 429 or 503 with Retry-After, or where there was none. Only for what
 * has one effect however often it arrives: reads, and writes that carry an idempotency key.
 */
export async function sendPatiently(
  request: Request,
  send: (request: Request) => Promise<Response>,
  policy: RetryPolicy,
): Promise<Response> {
  const { attemptsMax = 4, waitMaxMs = 10_000 } = policy;
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt >= attemptsMax;
    const outcome = await send(isLast ? request : request.clone()).catch((error: unknown) => ({ error }));
    const waitMs = waitAfter(outcome, attempt);
    if (isLast || waitMs === undefined || waitMs > waitMaxMs || request.signal.aborted) {
      if ('error' in outcome) throw outcome.error;
      return outcome;
    }
    if ('body' in outcome) await outcome.body?.cancel();
    await wait(waitMs, request.signal);
  }
}

function waitAfter(outcome: Response | { error: unknown }, attempt: number): number | undefined {
  if ('error' in outcome) return isUnreachable(outcome.error) ? unreachableWaitMs * 2 ** (attempt - 1) : undefined;
  return outcome.status === 429 || outcome.status === 503 ? retryAfterMsOf(outcome) : undefined;
}

/** What fetch throws where no answer came; by its name, since it may be of another realm. */
function isUnreachable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TypeError';
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
