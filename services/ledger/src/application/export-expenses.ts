import type { TenantContext } from '@outlay/platform';
import { expenseLine, exportHeadLine } from '../exports/expense-line.ts';
import { readExported } from '../exports/read-exported.ts';
import type { LedgerDependencies } from './dependencies.ts';
import type { TenantPlaces } from './tenant-places.ts';
import { toOwnFilter, type WantedExpenses } from './visibility.ts';

export interface ExportExpenses {
  filter: WantedExpenses;
  hasByteOrderMark: boolean;
}

/**
 * The expenses of the filter that the caller may see, as a CSV file in UTF-8, in the order of recording, in parts of up to
 * 500 rows. Each that is there when it begins is in it exactly once, as it is when its part is read; none that is recorded
 * later. The next part is read when the one before was taken, and nothing is held in between: no memory and no connection,
 * however slow the reader. Throws unavailable `overloaded` where too many run at once.
 */
export async function* exportExpenses(
  dependencies: Pick<LedgerDependencies, 'database' | 'tenants'> & { places: TenantPlaces },
  context: TenantContext,
  { filter, hasByteOrderMark }: ExportExpenses,
): AsyncGenerator<Buffer> {
  const leave = dependencies.places.enter(context.tenantId);
  try {
    const own = await toOwnFilter(dependencies, context, filter);
    yield Buffer.from(`${hasByteOrderMark ? '\uFEFF' : ''}${exportHeadLine}`);
    if (own === undefined) return;
    for await (const rows of readExported(dependencies.database, context.tenantId, own)) {
      yield Buffer.from(rows.map(expenseLine).join(''));
    }
  } finally {
    leave();
  }
}
