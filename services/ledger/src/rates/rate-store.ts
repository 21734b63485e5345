import type { Session } from '@outlay/platform';
import type { ListedSource } from '../domain/money.ts';
import type { ExchangeRate, RatePlace } from './exchange-rate.ts';

/** A revision of a tenant's own rate. */
export type OwnRate = ExchangeRate & { id: string };

/**
 * Holds the rate of a pair and day for the session's transaction, whether it exists or not: nothing can lock a row of a
 * table that is only added to.
 */
export async function lockPlace(session: Session, { baseCurrency, quoteCurrency, date }: RatePlace): Promise<void> {
  const place = [session.tenantId, date, baseCurrency, quoteCurrency].join(' ');
  await session.query(
    {
      name: 'lock_exchange_rate',
      text: `select pg_advisory_xact_lock(hashtextextended('outlay exchange rate ' || $1, 0))`,
    },
    [place],
  );
}

/** The newest revision of a pair and day. */
export async function findOwnRate(session: Session, place: RatePlace): Promise<OwnRate | undefined> {
  const { rows } = await session.query<OwnRow>(
    {
      name: 'find_exchange_rate',
      text: `
select ${ownColumns} from exchange_rates as own
where own.tenant_id = $1 and own.rate_date = $2 and own.base_currency = $3::bpchar and own.quote_currency = $4::bpchar
order by own.revision desc limit 1`,
    },
    [session.tenantId, place.date, place.baseCurrency, place.quoteCurrency],
  );
  return rows[0] && toOwnRate(rows[0]);
}

/** All revisions of a rate, the newest first. */
export async function findRevisions(session: Session, id: string): Promise<OwnRate[]> {
  const { rows } = await session.query<OwnRow>(
    {
      name: 'find_exchange_rate_revisions',
      text: `
select ${ownColumns} from exchange_rates as own
where own.tenant_id = $1 and own.id = $2
order by own.revision desc`,
    },
    [session.tenantId, id],
  );
  return rows.map(toOwnRate);
}

/** Adds a revision; the caller holds the place. Answers it as it is stored. */
export async function insertOwnRate(session: Session, rate: Omit<OwnRate, 'recordedAt' | 'source'>): Promise<OwnRate> {
  const { rows } = await session.query<OwnRow>(
    {
      name: 'insert_exchange_rate',
      text: `
insert into exchange_rates as own (
  tenant_id, rate_date, base_currency, quote_currency, revision, id, rate, provider, actor_kind, actor_id
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
returning ${ownColumns}`,
    },
    [
      ...[session.tenantId, rate.date, rate.baseCurrency, rate.quoteCurrency, rate.version, rate.id, rate.rate ?? null],
      ...[rate.provider, rate.actorKind, rate.actorId],
    ],
  );
  if (rows[0] === undefined) throw new Error('A rate was not stored');
  return toOwnRate(rows[0]);
}

const ownColumns = `own.id, own.base_currency, own.quote_currency, trim_scale(own.rate)::text as rate, own.rate_date,
  own.provider, own.revision, own.recorded_at, own.actor_kind, own.actor_id`;

interface OwnRow {
  id: string;
  base_currency: string;
  quote_currency: string;
  rate: string | null;
  rate_date: string;
  provider: string;
  revision: number;
  recorded_at: Date;
  actor_kind: string;
  actor_id: string;
}

const toOwnRate = (row: OwnRow): OwnRate => ({
  id: row.id,
  baseCurrency: row.base_currency,
  quoteCurrency: row.quote_currency,
  rate: row.rate ?? undefined,
  date: row.rate_date,
  source: 'tenant',
  provider: row.provider,
  version: BigInt(row.revision),
  recordedAt: row.recorded_at,
  actorKind: row.actor_kind,
  actorId: row.actor_id,
});

/** Which rates are wanted. Absent fields do not filter. */
export interface RateFilter {
  /** On either side of the pair. */
  readonly currency: string | undefined;
  readonly dateFrom: string | undefined;
  readonly dateTo: string | undefined;
  readonly source: ListedSource | undefined;
}

/** The last rate of the page before. */
export type RatePosition = RatePlace & { readonly source: ListedSource };

/** Up to `count` rates that are in force for their day, the newest day first, then by pair, the tenant's own first. */
export async function readRates(
  session: Session,
  { filter, after, count }: { filter: RateFilter; after: RatePosition | undefined; count: number },
): Promise<ExchangeRate[]> {
  const { rows } = await session.query<OwnRow & { id: string | null; source: ListedSource }>(listStatement, [
    ...[session.tenantId, filter.currency ?? null, filter.dateFrom ?? null, filter.dateTo ?? null],
    ...[filter.source ?? null, after?.date ?? null, after?.baseCurrency ?? null, after?.quoteCurrency ?? null],
    ...[after === undefined ? null : rankOf(after.source), count],
  ]);
  return rows.map((row) => ({ ...toOwnRate(row), id: row.id ?? undefined, source: row.source }));
}

const rankOf = (source: ListedSource): number => (source === 'tenant' ? 1 : 2);

// Each half is read along its primary key, backwards from the day of the cursor, and stops at the page's size; only the
// rates of one day are put in order. A newer revision of a row is looked for in the same key.
const after = (date: string, base: string, quote: string, rank: number): string => `
    and ($6::date is null or ${date} < $6 or (${date} = $6 and (${base}, ${quote}, ${rank}) > ($7::bpchar, $8::bpchar, $9::int)))
    and ($6::date is null or ${date} <= $6)
    and ($3::date is null or ${date} >= $3) and ($4::date is null or ${date} <= $4)`;

const listStatement = {
  name: 'list_exchange_rates',
  text: `
select listed.id, listed.base_currency, listed.quote_currency, listed.rate, listed.rate_date, listed.provider,
  listed.revision, listed.recorded_at, listed.actor_kind, listed.actor_id,
  case listed.rank when 1 then 'tenant' else 'platform' end as source
from (
  (
    select ${ownColumns}, 1 as rank
    from exchange_rates as own
    where own.tenant_id = $1 and own.rate is not null and coalesce($5::text, 'tenant') = 'tenant'
      and ($2::bpchar is null or $2 in (own.base_currency, own.quote_currency))
      and not exists (
        select from exchange_rates as newer
        where newer.tenant_id = own.tenant_id and newer.rate_date = own.rate_date
          and newer.base_currency = own.base_currency and newer.quote_currency = own.quote_currency
          and newer.revision > own.revision
      )${after('own.rate_date', 'own.base_currency', 'own.quote_currency', 1)}
    order by own.rate_date desc, own.base_currency, own.quote_currency
    limit $10
  )
  union all
  (
    select null::uuid, 'EUR'::bpchar, published.currency, trim_scale(published.rate)::text, published.rate_date,
      published.provider, published.revision, published.recorded_at, 'service', '', 2
    from platform_rates as published
    where coalesce($5::text, 'platform') = 'platform'
      and ($2::bpchar is null or $2 in ('EUR'::bpchar, published.currency))
      and not exists (
        select from platform_rates as newer
        where newer.rate_date = published.rate_date and newer.currency = published.currency
          and newer.revision > published.revision
      )${after('published.rate_date', "'EUR'::bpchar", 'published.currency', 2)}
    order by published.rate_date desc, published.currency
    limit $10
  )
) as listed
order by listed.rate_date desc, listed.base_currency, listed.quote_currency, listed.rank
limit $10`,
};
