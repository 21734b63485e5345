import type { reporting } from '@outlay/contracts';
import { type Database, invalid, isUuid, type TenantContext } from '@outlay/platform';
import { dimensionsOf, isRefund } from './dimensions.ts';

/**
 * One statement, one round trip. It answers a row for the whole month and one for each dimension's value, with the
 * books' currency in each; where nothing was spent, one row with the currency alone.
 *
 * The lateral subqueries depend on what scope returns and cannot be flattened (`offset 0`), so that set_config has
 * run before the first row is looked for: row-level security sees the tenant.
 *
 * The currency of what is booked wins over the tenant's settings, which arrive from another service, maybe later.
 */
const summaryOf = (parts: string) => `
with scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id
)
select
  books.currency, part.dimension, part.dimension_id, part.name,
  part.total_minor, part.expense_count, part.refunds_total_minor, part.refunds_count
from scope
cross join lateral (
  select coalesce(
    (
      select total.currency
      from month_totals as total
      where total.tenant_id = scope.tenant_id and total.dimension = 'all'
      order by total.month desc
      limit 1
    ),
    (select tenant.currency from tenants as tenant where tenant.tenant_id = scope.tenant_id)
  ) as currency
  offset 0
) as books
left join lateral (${parts} offset 0) as part on true
order by part.total_minor desc, part.name collate "C", part.dimension_id`;

const monthSummary = {
  name: 'reporting_month_summary',
  text: summaryOf(`
  select
    total.dimension, total.dimension_id, name.name,
    total.total_minor, total.expense_count, total.refunds_total_minor, total.refunds_count
  from month_totals as total
  left join dimension_names as name
    on name.tenant_id = total.tenant_id
    and name.dimension = total.dimension
    and name.dimension_id = total.dimension_id
  where total.tenant_id = scope.tenant_id
    and total.month = $2::date
    and total.currency = books.currency
    and total.expense_count > 0`),
};

/** The month of one person or of nobody ($3), added up from their own expenses: they are few, and no total by person is kept. */
const personSummary = {
  name: 'reporting_person_summary',
  text: summaryOf(`
  select
    sums.dimension, sums.dimension_id, name.name,
    sums.total_minor, sums.expense_count, sums.refunds_total_minor, sums.refunds_count
  from (
    select
      part.dimension, part.dimension_id,
      sum(fact.amount_minor) as total_minor,
      count(*) as expense_count,
      coalesce(sum(fact.amount_minor) filter (where ${isRefund('fact')}), 0) as refunds_total_minor,
      count(*) filter (where ${isRefund('fact')}) as refunds_count
    from expense_facts as fact
    cross join lateral ${dimensionsOf('fact')}
    where fact.tenant_id = scope.tenant_id
      and fact.user_id = any ($3::uuid[])
      and fact.expense_date >= $2::date
      and fact.expense_date < $2::date + interval '1 month'
      and fact.currency = books.currency
      and fact.is_posted
    group by part.dimension, part.dimension_id
  ) as sums
  left join dimension_names as name
    on name.tenant_id = scope.tenant_id
    and name.dimension = sums.dimension
    and name.dimension_id = sums.dimension_id`),
};

interface SummaryRow {
  currency: string | null;
  dimension: 'all' | 'category' | 'project' | 'account' | null;
  dimension_id: string;
  name: string | null;
  /** As text: a sum may be longer than 64 bits. */
  total_minor: string;
  expense_count: bigint;
  refunds_total_minor: string;
  refunds_count: bigint;
}

/**
 * One month of a tenant: net total, refunds (zero or negative), and the same by category, project and account, each
 * largest first. Amounts are minor units of the tenant's currency. `currencyOf` is asked where nothing about the
 * tenant has arrived yet. With a user's id it is what that person spent, and a member is always shown their own.
 * Throws invalid `month_invalid` on `month` where it is not YYYY-MM, `uuid_invalid` on `user_id`.
 */
export async function getMonthSummary(
  database: Pick<Database, 'once'>,
  currencyOf: (context: TenantContext) => Promise<string>,
  context: TenantContext,
  query: { month: string; userId: string },
): Promise<reporting.GetMonthSummaryResponse> {
  const firstDay = toFirstDay(query.month);
  const people = whose(context, query.userId);
  const rows = await (people === undefined
    ? database.once<SummaryRow>(monthSummary, [context.tenantId, firstDay])
    : database.once<SummaryRow>(personSummary, [context.tenantId, firstDay, people]));
  const currency = rows[0]?.currency ?? (await currencyOf(context));
  const all = rows.find((row) => row.dimension === 'all');
  const total = toWire(all?.total_minor ?? '0');
  const refunds = toWire(all?.refunds_total_minor ?? '0');
  const by = (dimension: SummaryRow['dimension']) => rows.filter((row) => row.dimension === dimension).map(toTotal);
  return {
    month: query.month,
    currency,
    totalMinor: total.minor,
    longTotalMinor: total.long,
    count: all?.expense_count ?? 0n,
    refundsTotalMinor: refunds.minor,
    longRefundsTotalMinor: refunds.long,
    refundsCount: all?.refunds_count ?? 0n,
    byCategory: by('category'),
    byProject: by('project'),
    byAccount: by('account'),
  };
}

/** Whose figures are shown; undefined: everybody's. A member who asks for another's is shown none, as in lists. */
function whose({ role, actor }: TenantContext, requested: string): string[] | undefined {
  if (requested !== '' && !isUuid(requested)) throw invalid('user_id', 'uuid_invalid', 'must be a UUID');
  if (role !== 'member') return requested === '' ? undefined : [requested];
  return requested === '' || requested.toLowerCase() === actor.id ? [actor.id] : [];
}

function toFirstDay(month: string): string {
  if (!/^(?!0000)\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    throw invalid('month', 'month_invalid', 'must be a month such as 2025-01');
  }
  return `${month}-01`;
}

const nilId = '00000000-0000-0000-0000-000000000000';

/** A sum as messages have it: a number of 64 bits, or decimal text in place of one. */
function toWire(sum: string): { minor: bigint; long: string | undefined } {
  const minor = BigInt(sum);
  return BigInt.asIntN(64, minor) === minor ? { minor, long: undefined } : { minor: 0n, long: sum };
}

function toTotal(row: SummaryRow): reporting.Total {
  const { minor, long } = toWire(row.total_minor);
  return {
    id: row.dimension_id === nilId ? '' : row.dimension_id,
    name: row.name ?? '',
    totalMinor: minor,
    longTotalMinor: long,
    count: row.expense_count,
  };
}
