import type { PoolClient } from 'pg';
import { currentCallScope, remainingMs } from '../context/call-scope.ts';
import { DomainError, deadlineExceeded } from '../errors/domain-error.ts';
import { isConnectionLoss } from './database-error.ts';
import type { Notice } from './session.ts';

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
  /** What the server had to say since begin, beside its answers. */
  notices: Notice[];
  /** Whether it must be destroyed instead of going back to the pool. */
  isDoubtful: boolean;
  /** Sends a statement, unless the deadline of the work in progress has passed or its caller has gone: then nothing is sent, and it throws. */
  run(statement: string | Statement): Promise<RawResult>;
  /** Sends a statement whatever the time: a transaction must be rolled back after the deadline too. */
  runEvenLate(statement: string | Statement): Promise<RawResult>;
}

/** How long the server gets beyond its own statement_timeout before the connection counts as half open. */
const graceMs = 250;

/** Whatever raises more than these in one transaction has said enough. */
const noticesMax = 1_000;

/**
 * Wraps a pooled connection. The server's time-out is set when a transaction begins and counts anew for each statement,
 * so many short ones would run on past the deadline: it is looked at before each, which costs no round trip. So is whether
 * the caller is still there: deadlines travel as time that is left, so that under load a caller gives up, and says so, well
 * before its deadline has come here; what was committed then would be booked twice by whoever tries again.
 * Each statement is bounded on this side too, as a hung server keeps no time-out of its own: when neither an answer
 * nor the server's time-out arrives, the socket is destroyed. The server notices that within a second
 * (client_connection_check_interval) and gives up the statement and its locks.
 */
export function wrapConnection(client: PoolClient, statementTimeoutMs: number): Connection {
  const connection: Connection = { client, failure: undefined, notices: [], isDoubtful: false, run, runEvenLate };
  // They come before the answer to the statement that raised them. Missing in a client that is no real one.
  client.on?.('notice', ({ code, message, detail }) => {
    if (connection.notices.length < noticesMax) connection.notices.push({ code, message, detail });
  });

  async function run(statement: string | Statement): Promise<RawResult> {
    const signal = currentCallScope()?.signal;
    if (remainingMs() !== 0 && !signal?.aborted) return runEvenLate(statement);
    connection.failure = signal?.reason instanceof DomainError ? signal.reason : deadlineExceeded();
    throw connection.failure;
  }

  async function runEvenLate(statement: string | Statement): Promise<RawResult> {
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
