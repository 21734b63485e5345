import { createDatabase, createSilentLogger, type Database, type TenantId } from '@outlay/platform';
import type { TestDatabase } from '@outlay/testkit';
import type { ModelTotal } from './ledger-model.ts';

/** The service's own way to its data, for tests below the RPCs. */
export function openDatabase(database: TestDatabase): Database {
  return createDatabase({
    url: database.urlFor('reporting'),
    applicationName: 'reporting test',
    logger: createSilentLogger(),
  });
}

/** The totals as stored, without those of nothing. */
export function readTotals(database: Database, tenantId: TenantId): Promise<ModelTotal[]> {
  return database.withTenant({ tenantId }, async (session) => {
    const { rows } = await session.query<
      Omit<ModelTotal, 'total' | 'refunds'> & { total: string; refunds: string; refunds_count: bigint }
    >(
      `select
        to_char(total.month, 'YYYY-MM') || ' ' || total.dimension || ' ' || total.dimension_id || ' ' || total.currency
          as key,
        total.total_minor as total, total.expense_count as count, total.refunds_total_minor as refunds,
        total.refunds_count
      from month_totals as total
      where (total.total_minor, total.expense_count, total.refunds_total_minor, total.refunds_count) <> (0, 0, 0, 0)`,
    );
    return rows
      .map(({ refunds_count, ...row }) => ({
        ...row,
        total: BigInt(row.total),
        refunds: BigInt(row.refunds),
        refundsCount: refunds_count,
      }))
      .sort(byKey);
  });
}

const byKey = (left: ModelTotal, right: ModelTotal) => (left.key < right.key ? -1 : 1);
