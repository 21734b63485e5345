import type { TenantId } from '../context/ids.ts';
import { deadlineExceeded } from '../errors/domain-error.ts';
import type { Connection } from './connection.ts';
import type { NamedStatement, QueryResult, Session, TransactionOptions } from './session.ts';

/** Whose rows a transaction sees. */
export type Scope = { kind: 'tenant'; tenantId: TenantId } | { kind: 'global' } | { kind: 'system'; role: string };

/**
 * Opens a transaction and its scope with one message to the server. The values are put into the text, as a message
 * of several statements takes no parameters: the tenant id is a checked UUID, the role comes from the configuration,
 * the time-out is a number.
 */
export async function begin(
  connection: Connection,
  scope: Scope,
  options: TransactionOptions & { statementTimeoutMs?: number | undefined },
): Promise<void> {
  const isolation = options.isolation ? ` isolation level ${options.isolation}` : '';
  const access = options.readOnly ? ' read only' : '';
  const tenantId = scope.kind === 'tenant' ? scope.tenantId : '';
  const timeout =
    options.statementTimeoutMs === undefined
      ? ''
      : `, set_config('statement_timeout', '${Math.max(1, Math.floor(options.statementTimeoutMs))}', true)`;
  const role = scope.kind === 'system' ? `; set local role ${scope.role}` : '';
  connection.failure = undefined;
  connection.notices = [];
  await connection.run(
    `begin${isolation}${access}; select set_config('app.tenant_id', '${tenantId}', true)${timeout}${role}`,
  );
}

/**
 * Commits; throws instead when the deadline has passed, as the caller has been told that by now. PostgreSQL answers
 * COMMIT in a failed transaction with ROLLBACK and no error, so its answer is looked at.
 */
export async function commit(connection: Connection): Promise<void> {
  const result = await connection.run('commit');
  if (result.command === 'COMMIT') return;
  throw connection.failure instanceof Error
    ? connection.failure
    : new Error('The transaction had failed and was rolled back');
}

/** Rolls back; a connection on which that fails is not used again. */
export async function rollback(connection: Connection): Promise<void> {
  if (connection.isDoubtful) return;
  await connection.runEvenLate('rollback').catch(() => {
    connection.isDoubtful = true;
  });
}

/** A session on an open transaction, and the way to make it unusable once that has ended. */
export function openSession<P>(
  connection: Connection,
  scope: Scope,
  getPrisma: () => P,
): { session: Session<P>; end: () => void } {
  let isOpen = true;
  function assertOpen(): void {
    if (!isOpen) throw new Error('The session has ended; its transaction is closed');
  }
  const session: Session<P> = {
    async query<R>(statement: string | NamedStatement, values?: readonly unknown[]): Promise<QueryResult<R>> {
      assertOpen();
      const result = await connection.run({
        ...(typeof statement === 'string' ? { text: statement } : statement),
        ...(values && { values: [...values] }),
      });
      return { rows: result.rows as R[], rowCount: result.rowCount ?? 0 };
    },
    get prisma() {
      assertOpen();
      return getPrisma();
    },
    get notices() {
      return connection.notices;
    },
    keepNotices(count) {
      connection.notices = connection.notices.slice(0, count);
    },
    tenantId: scope.kind === 'tenant' ? scope.tenantId : undefined,
  };
  return {
    session,
    end: () => {
      isOpen = false;
    },
  };
}

/** The time a statement may take, when the deadline of the work in progress leaves less than the connection's own setting. */
export function statementTimeoutWithin(leftMs: number | undefined, statementTimeoutMs: number): number | undefined {
  if (leftMs === undefined) return undefined;
  if (leftMs <= 0) throw deadlineExceeded();
  return leftMs < statementTimeoutMs ? leftMs : undefined;
}
