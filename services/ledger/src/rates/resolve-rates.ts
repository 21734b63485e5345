import type { Database, Session, TenantContext } from '@outlay/platform';
import type { ListedSource, WantedRate } from '../domain/money.ts';
import {
  currenciesOf,
  daysOf,
  effectiveRate,
  type FoundRate,
  type ListedRate,
  type RateList,
} from './effective-rate.ts';

/**
 * The rates in force for many expenses at once, in the order they are wanted. One
 * statement whatever the number, in the session's transaction; meant for up to 1,000 a call. Whoever books with them need
 * not fear that a correction comes in between: what was booked at a listed rate is looked at again (restatements).
 */
export async function resolveRates(session: Session, wanted: readonly WantedRate[]): Promise<FoundRate[]> {
  if (wanted.length === 0) return [];
  const { rows } = await session.query<ListedRow>(statement, toParameters(session.tenantId, wanted));
  return choose(rows, wanted);
}

/** The same for one, in one round trip. */
export async function resolveRate(
  database: Pick<Database, 'once'>,
  { tenantId }: Pick<TenantContext, 'tenantId'>,
  wanted: WantedRate,
): Promise<FoundRate> {
  const rows = await database.once<ListedRow>(statement, toParameters(tenantId, [wanted]));
  return choose(rows, [wanted])[0];
}

function choose(rows: readonly ListedRow[], wanted: readonly WantedRate[]): FoundRate[] {
  const keyOf = (...parts: string[]): string => parts.join(' ');
  const listed = new Map<string, ListedRate>();
  for (const { source, base, quote, day, rate, provider } of rows) {
    const entry = { source, baseCurrency: base, quoteCurrency: quote, date: day, rate, provider };
    listed.set(keyOf(source, base, quote, day), entry);
  }
  const list: RateList = (source, base, quote, day) => listed.get(keyOf(source, base, quote, day));
  return wanted.map((one) => effectiveRate(list, one));
}

function toParameters(tenantId: string | undefined, wanted: readonly WantedRate[]): unknown[] {
  const pairs = wanted.flatMap((one) =>
    currenciesOf(one).flatMap((currency) => daysOf(one.date).map((day) => `${currency} ${day}`)),
  );
  const places = [...new Set(pairs)].map((place) => place.split(' '));
  return [tenantId, places.map(([currency]) => currency), places.map(([, day]) => day)];
}

interface ListedRow {
  source: ListedSource;
  base: string;
  quote: string;
  day: string;
  rate: string;
  provider: string;
}

// Of each day and currency the highest revision, found by the first columns of the primary keys: what it costs depends on
// how many days are asked for, not on how many there are. A tenant's rate is found by its base; its quote is looked at by
// whoever chooses. Lateral with `offset 0`: nothing of the tenant's is read before the tenant is set.
const statement = {
  name: 'resolve_rates',
  text: `
with scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id
), sought as materialized (
  select place.currency, place.day
  from unnest($2::bpchar[], $3::date[]) as place (currency, day)
)
select 'tenant' as source, own.base_currency as base, own.quote_currency as quote, own.rate_date as day,
  trim_scale(own.rate)::text as rate, own.provider
from scope
cross join sought
cross join lateral (
  select distinct on (revised.quote_currency) revised.base_currency, revised.quote_currency, revised.rate_date,
    revised.rate, revised.provider
  from exchange_rates as revised
  where revised.tenant_id = scope.tenant_id and revised.rate_date = sought.day
    and revised.base_currency = sought.currency
  order by revised.quote_currency, revised.revision desc
  offset 0
) as own
where own.rate is not null
union all
select 'platform', 'EUR', published.currency, published.rate_date, trim_scale(published.rate)::text, published.provider
from sought
cross join lateral (
  select revised.currency, revised.rate_date, revised.rate, revised.provider
  from platform_rates as revised
  where revised.rate_date = sought.day and revised.currency = sought.currency
  order by revised.revision desc
  limit 1
) as published`,
};
