import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlDriverAdapter, SqlDriverAdapterFactory, Transaction } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import type { Connection, RawResult, Statement } from './connection.ts';

/**
 * A Prisma driver adapter whose queries run on one connection, inside the transaction that is open there.
 * Prisma opens transactions of its own, for nested writes among others; they become savepoints, so that nothing
 * Prisma does can commit or roll back the transaction around it. Conversion of values is @prisma/adapter-pg's.
 */
export function createSessionAdapter(connection: Pick<Connection, 'run' | 'runEvenLate'>): SqlDriverAdapterFactory {
  const pool = asPool(connection);
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    async connect() {
      // Prisma writes the schema into its statements and takes `public` where it is told none.
      // The client outlives the work that first needed it, so a late call must not leave it half connected.
      const { rows } = await connection.runEvenLate('select current_schema() as schema');
      const [found] = rows as { schema: string }[];
      return withSavepoints(await new PrismaPg(pool, { schema: found?.schema }).connect());
    },
  };
}

function withSavepoints(inner: SqlDriverAdapter): SqlDriverAdapter {
  let savepointCount = 0;
  let turn: Promise<void> = Promise.resolve();

  /** One at a time: a statement between another's savepoint and its rollback would be undone with it. */
  async function takeTurn(): Promise<() => void> {
    const previous = turn;
    let release: () => void = () => undefined;
    turn = new Promise((resolve) => {
      release = resolve;
    });
    await previous;
    return release;
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const release = await takeTurn();
    return work().finally(release);
  }

  const execute = (sql: string) => inner.executeRaw({ sql, args: [], argTypes: [] });

  async function startTransaction(): Promise<Transaction> {
    const release = await takeTurn();
    savepointCount += 1;
    const name = `prisma_transaction_${savepointCount}`;
    try {
      await execute(`savepoint ${name}`);
    } catch (error) {
      release();
      throw error;
    }
    return {
      provider: inner.provider,
      adapterName: inner.adapterName,
      // Prisma then sends no COMMIT or ROLLBACK of its own and leaves ending the transaction to the two below.
      options: { usePhantomQuery: true },
      queryRaw: (query) => inner.queryRaw(query),
      executeRaw: (query) => inner.executeRaw(query),
      commit: () =>
        execute(`release savepoint ${name}`)
          .then(() => undefined)
          .finally(release),
      rollback: () =>
        execute(`rollback to savepoint ${name}`)
          .then(() => execute(`release savepoint ${name}`))
          .then(() => undefined)
          .finally(release),
      createSavepoint: async (nested) => void (await execute(`savepoint ${nested}`)),
      rollbackToSavepoint: async (nested) => void (await execute(`rollback to savepoint ${nested}`)),
      releaseSavepoint: async (nested) => void (await execute(`release savepoint ${nested}`)),
    };
  }

  return {
    provider: inner.provider,
    adapterName: inner.adapterName,
    queryRaw: (query) => inTurn(() => inner.queryRaw(query)),
    executeRaw: (query) => inTurn(() => inner.executeRaw(query)),
    executeScript: (script) => inTurn(() => inner.executeScript(script)),
    startTransaction,
    getConnectionInfo: () => inner.getConnectionInfo?.() ?? { supportsRelationJoins: true },
    dispose: async () => undefined,
  };
}

/** What @prisma/adapter-pg needs of a pool, over one connection. It looks at the prototype, so that is pg's. */
function asPool(connection: Pick<Connection, 'run'>): pg.Pool {
  const pool: pg.Pool = Object.create(pg.Pool.prototype);
  return Object.assign(pool, {
    options: {},
    query: (statement: string | Statement): Promise<RawResult> => connection.run(statement),
    connect: () => Promise.reject(new Error('A session has no second connection')),
    on: () => pool,
    removeListener: () => pool,
    end: async () => undefined,
  });
}
