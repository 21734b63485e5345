import { DomainError, deadlineExceeded, unavailable } from '../errors/domain-error.ts';

/** The SQLSTATE of what pg, or Prisma over pg, threw. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = textAt(error, 'code');
  // Prisma's own codes have the same length: P2002.
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^P[1-6]\d{3}$/.test(code)) return code;
  return textAt(at(at(at(error, 'meta'), 'driverAdapterError'), 'cause'), 'originalCode');
}

/** 40001 serialization_failure, 40P01 deadlock_detected: the same work may succeed when run again. */
export function isContention(sqlState: string | undefined): boolean {
  return sqlState === '40001' || sqlState === '40P01';
}

/** A migration changed a table under a prepared statement. Nothing was run, and a fresh connection will prepare it anew. */
export function isStalePlan(error: unknown): boolean {
  return sqlStateOf(error) === '0A000' && Boolean(textAt(error, 'message')?.includes('cached plan'));
}

/** Whether the server, or the way to it, is gone, as opposed to having refused a statement. */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined && (state.startsWith('08') || connectionStates.has(state))) return true;
  if (state !== undefined) return false;
  const message = textAt(error, 'message') ?? '';
  return socketCodes.has(textAt(error, 'code') ?? '') || connectionMessages.some((part) => message.includes(part));
}

/**
 * Gives a database failure its place in the error model. Errors with a meaning of their own (a violated constraint,
 * a refused privilege, a DomainError) come back unchanged.
 */
export function toDatabaseError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  if (isConnectionLoss(error)) return unavailable('database_unavailable', 'The database is not available', error);
  const state = sqlStateOf(error);
  if (state === '57014') return deadlineExceeded('statement_timeout', error);
  if (isContention(state)) return unavailable('database_contention', 'The database is too busy', error);
  if (state !== undefined && busyStates.has(state))
    return unavailable('database_busy', 'The database is too busy', error);
  return error;
}

const connectionStates = new Set([
  '57P01', // admin_shutdown, also pg_terminate_backend
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting up or recovering
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: connected to a standby after a failover
]);

const busyStates = new Set([
  '55P03', // lock_not_available: lock_timeout
  '53000',
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '53400',
]);

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

const connectionMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed',
  'Connection ended unexpectedly',
  'Cannot use a pool after calling end',
];

function at(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const text = at(value, key);
  return typeof text === 'string' ? text : undefined;
}
