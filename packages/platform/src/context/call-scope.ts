import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What belongs to the work in progress but to no signature: correlation for logs, and the deadline that the
 * database session and outgoing calls must keep. Authority never travels here; it is in the CallerContext.
 */
export interface CallScope {
  requestId?: string;
  correlationId?: string;
  /** The RPC that is being answered, as its service names it: `ListAccounts`. */
  rpc?: string;
  /** What it is asked, as the message arrived; undefined where it comes in parts. */
  request?: object | undefined;
  tenantId?: string;
  /** Epoch milliseconds after which nobody waits for the answer any more. */
  deadlineAt?: number;
  /** Aborted when the caller has gone or the deadline has passed. */
  signal?: AbortSignal;
}

const storage = new AsyncLocalStorage<CallScope>();

/** Runs work with the given scope laid over the current one. */
export function runInCallScope<T>(scope: CallScope, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...scope }, work);
}

/** The scope of the work in progress, if there is one. */
export function currentCallScope(): CallScope | undefined {
  return storage.getStore();
}

/** Milliseconds until the deadline of the work in progress (0 when it has passed), or undefined when it has none. */
export function remainingMs(): number | undefined {
  const deadlineAt = storage.getStore()?.deadlineAt;
  return deadlineAt === undefined ? undefined : Math.max(0, deadlineAt - Date.now());
}
