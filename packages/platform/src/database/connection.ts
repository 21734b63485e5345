import type { PoolClient } from 'pg';
import { remainingMs } from '../context/call-scope.ts';
import { deadlineExceeded } from '../errors/domain-error.ts';
import { isConnectionLoss } from './database-error.ts';

/** What pg's query takes, as far as it is used here. */
export interface Statement {
  name?: string;
  text: string;
  values?: readonly unknown[];
  rowMode?: 'array';
  types?: unknown;
}

/** What pg's query answers, as far as it is used here. */
export interface RawResult {
  command: string;
  rowCount: number | null;
  rows: unknown[];
  fields: { name: string; dataTypeID: number }[];
}

/** One pooled connection, with everything that must not be forgotten around a statement. */
export interface Connection {
  readonly client: PoolClient;
  /** The last statement's error since begin, whoever caught it. */
  failure: unknown;
  /** Whether it must be destroyed instead of going back to the pool. */
  isDoubtful: boolean;
  run(statement: string | Statement): Promise<RawResult>;
}

/** How long the server gets beyond its own statement_timeout before the connection counts as half open. */
const graceMs = 250;

/**
 * Wraps a pooled connection. Each statement is bounded on this side too, as a hung server keeps no time-out of its
 * own: when neither an answer nor the server's time-out arrives, the socket is destroyed. The server notices that
 * within a second (client_connection_check_interval) and gives up the statement and its locks.
 */
export function wrapConnection(client: PoolClient, statementTimeoutMs: number): Connection {
  const connection: Connection = { client, failure: undefined, isDoubtful: false, run };

  async function run(statement: string | Statement): Promise<RawResult> {
    let isTimedOut = false;
    const boundMs = Math.min(statementTimeoutMs, remainingMs() ?? statementTimeoutMs) + graceMs;
    const timer = setTimeout(() => {
      isTimedOut = true;
      destroySocket(client);
    }, boundMs);
    try {
      return (await client.query(statement as string)) as unknown as RawResult;
    } catch (error) {
      const failure = isTimedOut ? deadlineExceeded('database_timeout', error) : error;
      connection.failure = failure;
      if (isTimedOut || isConnectionLoss(error)) connection.isDoubtful = true;
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  return connection;
}

/** Ends a connection without a word to the server, which may not listen any more. */
export function destroySocket(client: PoolClient): void {
  const inner: unknown = Reflect.get(client, 'connection');
  const stream: unknown = Reflect.get(Object(inner), 'stream');
  const destroy: unknown = Reflect.get(Object(stream), 'destroy');
  if (typeof destroy === 'function') destroy.call(stream);
}
