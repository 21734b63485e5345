import type { TenantId } from '../context/ids.ts';

/** A statement to be prepared once per connection under its name. Equal names must have equal text. */
export interface NamedStatement {
  name: string;
  text: string;
}

/** What a statement answered. int8 comes as bigint, date as 'YYYY-MM-DD', timestamptz as Date, json parsed, numeric as string. */
export interface QueryResult<R> {
  rows: R[];
  /** Rows returned or affected. */
  rowCount: number;
}

/** What a function of the database raised with `raise notice`: no error, and nothing is undone by it. */
export interface Notice {
  /** Its SQLSTATE. */
  code: string | undefined;
  message: string | undefined;
  detail: string | undefined;
}

/** One open transaction on one connection; it ends with the callback it was given to. */
export interface Session<P = unknown> {
  /** Runs one statement in the transaction. A failed statement dooms the transaction, unless it ran in a savepoint. */
  query<R = Record<string, unknown>>(
    statement: string | NamedStatement,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>;
  /** A Prisma client whose queries run in this same transaction. Never call its $transaction with a callback. */
  readonly prisma: P;
  /** The notices that the statements of this transaction have raised so far; the first thousand of them. */
  readonly notices: readonly Notice[];
  /** Forgets all notices but the first so many: what raised the others was rolled back to a savepoint. */
  keepNotices(count: number): void;
  /** The tenant whose rows are visible; undefined in global and system sessions. */
  readonly tenantId: TenantId | undefined;
}

/** How a transaction is run. */
export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readOnly?: boolean;
  /** How often the work is run again after a serialisation failure or a deadlock; 3 unless told. The work must bear that. */
  retries?: number;
}

/**
 * The one way to the data. All errors are DomainErrors where their cause is known: `unavailable` when the server
 * cannot be reached, a connection broke or none was free in time; `deadline_exceeded` when a statement or the call
 * ran out of time. Both leave open whether a commit had an effect. Everything else is thrown as pg gave it.
 */
export interface Database<P = unknown> {
  /** Runs work in a transaction that sees and writes one tenant's rows; commits when it resolves in time, else rolls back. */
  withTenant<T>(
    context: { tenantId: TenantId },
    work: (session: Session<P>) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** Runs work as the system role: across tenants, but only what was granted with grant_system. */
  withSystem<T>(work: (session: Session<P>) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Runs work with no tenant: only tables protected with protect_global_table show rows. */
  withGlobal<T>(work: (session: Session<P>) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Runs one prepared statement in its own transaction: one round trip. The statement sets its tenant itself:
   * `with scope as materialized (select set_config('app.tenant_id', $1, true)) ...`, and must read from scope
   * before it touches a table. Run again after a serialisation failure or a deadlock. Notices that the statement raised
   * are handed over before it resolves.
   */
  once<R = Record<string, unknown>>(
    statement: NamedStatement,
    values: readonly unknown[],
    onNotice?: (notice: Notice) => void,
  ): Promise<R[]>;
  /**
   * Listens on a channel with a connection of its own, which is made again when it breaks. onNotify gets the payload,
   * and after each (re)connect an empty one, as notifications may have been missed. Answers how to stop.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>;
  /** One round trip to the server; throws unavailable when there is none to be had. */
  ping(): Promise<void>;
  /** Waits for the sessions in flight, then closes all connections. */
  close(): Promise<void>;
  /** Connections of the pool, and callers that wait for one. */
  stats(): { total: number; idle: number; waiting: number };
}
