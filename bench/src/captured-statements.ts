import { type NamedStatement, newId, systemContext, type TenantId } from '@outlay/platform';
import { listExpenses } from '../../services/ledger/src/application/list-expenses.ts';
import { recordExpense } from '../../services/ledger/src/application/record-expense.ts';
import type { LedgerDatabase } from '../../services/ledger/src/store/ledger-database.ts';
import { getMonthSummary } from '../../services/reporting/src/get-month-summary.ts';
import type { FloorStatement } from './floor.ts';

/** What the load refers to, made over HTTP before it. */
export interface Subject {
  tenantId: TenantId;
  userId: string;
  currency: string;
  month: string;
  categoryId: string;
  accountId: string;
  projectId: string;
}

type Captured = NamedStatement & { values: readonly unknown[] };

/**
 * The statements that the services send for the operations of the load, caught from their own use cases, so that the
 * floor is measured with the very same SQL. Each use case is run twice: what differs between the two is a new id.
 */
export const captureStatements = async (subject: Subject) => {
  const context = { ...systemContext(subject.tenantId), actor: { kind: 'user', id: subject.userId } as const };
  const capture = async (use: (database: LedgerDatabase) => unknown) => {
    const first = await caughtFrom(use);
    return withFreshIds(first, await caughtFrom(use));
  };

  const ledgerOn = (database: LedgerDatabase) => ({
    database,
    tenants: { currencyOf: async () => subject.currency, ensure: async () => {} },
    announce: () => {},
    tagTally: { wake: () => {} },
    logger: { warn: () => {} },
  });

  return {
    record: await capture((database) =>
      recordExpense(
        ledgerOn(database),
        { ...context, idempotencyKey: newId() },
        {
          amount: { amountMinor: 12550n, currency: subject.currency },
          title: 'Load',
          description: '',
          categoryId: subject.categoryId,
          accountId: subject.accountId,
          projectId: subject.projectId,
          expenseDate: `${subject.month}-15`,
          paymentMethod: 'credit_card',
          tags: ['office', 'supplies'],
          vendor: '',
          exchangeRate: undefined,
        },
      ),
    ),
    list: await capture((database) =>
      listExpenses(
        ledgerOn(database),
        { ...context, role: 'owner' },
        { filter: { status: 'posted' }, sort: '-expense_date', after: undefined, limit: 50 },
      ),
    ),
    summary: await capture((database) =>
      getMonthSummary(database, async () => subject.currency, context, { month: subject.month, userId: '' }),
    ),
  };
};

class Caught extends Error {
  readonly statement: Captured;
  constructor(statement: Captured) {
    super('caught');
    this.statement = statement;
  }
}

const outOfReach = (): never => {
  throw new Error('The use case does more than send one statement');
};

/** Of which `once` alone is reached, and does not return. */
const catchingDatabase: LedgerDatabase = {
  once: async (statement, values) => {
    throw new Caught({ ...statement, values });
  },
  withTenant: outOfReach,
  withSystem: outOfReach,
  withGlobal: outOfReach,
  listen: outOfReach,
  ping: outOfReach,
  close: outOfReach,
  stats: outOfReach,
};

const caughtFrom = async (use: (database: LedgerDatabase) => unknown): Promise<Captured> => {
  try {
    await use(catchingDatabase);
  } catch (error) {
    if (error instanceof Caught) return error.statement;
    throw error;
  }
  throw new Error('The use case sent no statement');
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const withFreshIds = (first: Captured, second: Captured): FloorStatement => {
  const slots = new Map<string, number>();
  return {
    name: first.name,
    text: first.text,
    values: first.values.map((value, index) => {
      if (typeof value !== 'string' || value === second.values[index] || !uuid.test(value)) return asParameter(value);
      if (!slots.has(value)) slots.set(value, slots.size + 1);
      return { freshId: slots.get(value) ?? 0 };
    }),
  };
};

const asParameter = (value: unknown): FloorStatement['values'][number] => {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value) || Array.isArray(value)) return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
