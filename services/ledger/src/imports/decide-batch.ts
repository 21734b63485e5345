import { isBookable, type Session, type TenantContext } from '@outlay/platform';
import { convert, type Unwritable } from '../domain/money.ts';
import { resolveRates } from '../rates/resolve-rates.ts';
import type { IdentifiedRow } from './claim-purchases.ts';
import { exportSpace } from './file/export-row.ts';
import type { RowFault } from './file/row-fault.ts';
import type { Batch } from './read-batches.ts';

/** A row whose sum in the tenant's currency is known. */
export type PricedRow = IdentifiedRow & {
  purchase: {
    booked: NonNullable<IdentifiedRow['purchase']['booked']>;
    rate: NonNullable<IdentifiedRow['purchase']['rate']>;
  };
};

/**
 * Brings what was paid abroad into the tenant's currency where the file does not, at the rate in force on the day. A row
 * without such a rate is refused.
 */
export async function priceBatch(
  session: Session,
  batch: Batch,
  tenantCurrency: string,
): Promise<{ priced: PricedRow[]; refused: Batch['refused'] }> {
  const unpriced = batch.purchases.filter((row) => row.purchase.booked === undefined);
  const rates = await resolveRates(
    session,
    unpriced.map(({ purchase }) => ({
      from: purchase.amount.currency,
      to: tenantCurrency,
      date: purchase.expenseDate,
    })),
  );
  const refused = [...batch.refused];
  const found = new Map(unpriced.map((row, index) => [row.line, rates[index]]));
  const priced: PricedRow[] = [];
  for (const row of batch.purchases) {
    const { purchase } = row;
    if (purchase.booked && purchase.rate) {
      priced.push({ ...row, purchase: { ...purchase, booked: purchase.booked, rate: purchase.rate } });
      continue;
    }
    const rate = found.get(row.line);
    if (rate === undefined || rate === 'unwritable') {
      refused.push({ line: row.line, fault: rateMissing(row, tenantCurrency, rate) });
      continue;
    }
    const booked = convert(purchase.amount, rate.rate, tenantCurrency);
    if (!isBookable(booked.amountMinor)) {
      const reason = `the amount is too large in ${tenantCurrency}`;
      refused.push({ line: row.line, fault: { code: 'amount_too_large', column: purchase.amountColumn, reason } });
    } else {
      const { source, date } = rate;
      priced.push({ ...row, purchase: { ...purchase, booked, rate: { rate: rate.rate, source, date } } });
    }
  }
  return { priced, refused };
}

function rateMissing({ purchase }: IdentifiedRow, tenantCurrency: string, found: Unwritable | undefined): RowFault {
  const { currency } = purchase.amount;
  const reason =
    found === 'unwritable'
      ? `the amount is in ${currency}; the listed rate into ${tenantCurrency} on ${purchase.expenseDate} does not fit 12 digits on either side of the point`
      : `the amount is in ${currency}; neither the file nor a list of rates says what that was in ${tenantCurrency} on ${purchase.expenseDate}`;
  return { code: 'exchange_rate_missing', column: purchase.amountColumn, reason };
}

/** Rows of an export whose expenses are in this very tenant, by line. They are what they say they are, taken back or not. */
export async function findOwn(
  session: Session,
  context: TenantContext,
  rows: readonly IdentifiedRow[],
): Promise<ReadonlyMap<number, string>> {
  const exported = rows.filter(({ purchase }) => purchase.sourceSpace === exportSpace && uuid.test(purchase.sourceId));
  if (exported.length === 0) return new Map();
  const { rows: found } = await session.query<{ id: string }>(
    {
      name: 'find_exported_expenses',
      text: `
select expenses.id from expenses
where expenses.tenant_id = $1 and expenses.id = any ($2::uuid[])`,
    },
    [context.tenantId, exported.map(({ purchase }) => purchase.sourceId)],
  );
  const own = new Set(found.map(({ id }) => id));
  return new Map(
    exported.flatMap(({ line, purchase }) => (own.has(purchase.sourceId) ? [[line, purchase.sourceId]] : [])),
  );
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
