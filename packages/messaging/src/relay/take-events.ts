import type { Session } from '@outlay/platform';
import type { Envelope } from '../envelope.ts';

/** An unpublished event whose row this relay has locked. */
export interface TakenEvent {
  readonly seq: bigint;
  readonly recordedAt: Date;
  readonly envelope: Envelope;
}

/** What one look at the outbox has found. */
export interface Taken {
  readonly events: readonly TakenEvent[];
  /** Whether some tenant got no more than its share. */
  readonly isFull: boolean;
  /** Tenants whose events are in the hands of other relays. */
  readonly held: number;
  /** The last tenant looked at, if there may be more behind it: where to go on. */
  readonly lastTenantId: string | undefined;
}

/** How much to take. */
export interface TakeLimits {
  /** Events of all tenants together. */
  readonly batchMax: number;
  /** Events of one tenant. */
  readonly shareMax: number;
  /** Goes on behind this tenant; from the first one without. */
  readonly afterTenantId: string | undefined;
  /** Aggregates to be left out. */
  readonly withoutSubjects: readonly string[];
}

/** Looked at in one round. Each costs two lookups in each month, some 20 µs, whatever it has waiting. */
const tenantsMax = 100;
const beforeAllTenants = '00000000-0000-0000-0000-000000000000';

/**
 * A share of what each tenant has waiting, its oldest first, so that a tenant's import does not go before what others did
 * after it. Tenants are found one after the other along the index of what is unpublished: what one of them has waiting is
 * skipped at once.
 *
 * A tenant is in the hands of one relay at a time, by a lock that ends with the transaction: with row locks alone, this
 * relay would take version 2 of an aggregate while another still publishes version 1. What the other has published since
 * this statement began is left out by the row lock, which looks at the row again.
 *
 * The planner cannot know how full the outbox is, so there is one way only: all joins are lookups by their shape, and the
 * order of a tenant's own, asked for as if there could be several tenants, is that of no other index.
 */
const takeEvents = {
  name: 'messaging_take_events',
  text: `
    with recursive waiting as (
      (
        select outbox.tenant_id
        from outbox
        where outbox.published_at is null and outbox.seq > 0 and outbox.tenant_id > $1::uuid
        order by outbox.tenant_id
        limit 1
      )
      union all
      select (
        select outbox.tenant_id
        from outbox
        where outbox.published_at is null and outbox.seq > 0 and outbox.tenant_id > waiting.tenant_id
        order by outbox.tenant_id
        limit 1
      )
      from waiting
      where waiting.tenant_id is not null
    ),
    looked_at as materialized (
      select waiting.tenant_id
      from waiting
      where waiting.tenant_id is not null
      limit least(${tenantsMax}, $2::int)
    ),
    tenant as materialized (
      select
        looked_at.tenant_id,
        pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.outbox of ' || looked_at.tenant_id, 0)) as is_mine
      from looked_at
    ),
    share as materialized (
      select least($3::int, ceil($2::int::numeric / greatest(1, count(*) filter (where tenant.is_mine))))::int as events
      from tenant
    )
    select
      tenant.tenant_id as "tenantId",
      tenant.is_mine as "isMine",
      share.events as share,
      taken.seq,
      taken.recorded_at as "recordedAt",
      taken.envelope
    from share
    cross join tenant
    left join lateral (
      select outbox.seq, outbox.recorded_at, outbox.envelope
      from outbox
      where tenant.is_mine
        and outbox.published_at is null
        and outbox.seq > 0
        and outbox.tenant_id between tenant.tenant_id and tenant.tenant_id
        and outbox.subject <> all ($4::text[])
      order by outbox.tenant_id, outbox.seq
      limit (select share.events from share)
      for update skip locked
    ) as taken on true`,
};

type TakenRow = { tenantId: string; isMine: boolean; share: number } & (TakenEvent | { seq: null });

/** Locks events for this transaction, with the tenants whose they are: in the order of each tenant's own. */
export async function takeUnpublished(session: Session, limits: TakeLimits): Promise<Taken> {
  const { batchMax, shareMax, afterTenantId = beforeAllTenants, withoutSubjects } = limits;
  const { rows } = await session.query<TakenRow>(takeEvents, [afterTenantId, batchMax, shareMax, withoutSubjects]);
  const counts = new Map(rows.map((row) => [row.tenantId, 0]));
  const events = rows.filter((row) => row.seq !== null).sort((one, other) => (one.seq < other.seq ? -1 : 1));
  for (const { tenantId } of events) counts.set(tenantId, (counts.get(tenantId) ?? 0) + 1);
  return {
    events,
    isFull: rows.some(({ tenantId, share }) => counts.get(tenantId) === share),
    held: rows.filter((row) => !row.isMine).length,
    lastTenantId: counts.size < Math.min(tenantsMax, batchMax) ? undefined : [...counts.keys()].at(-1),
  };
}

/**
 * Found through the index of what is unpublished; the times let the other months out of it. The commit does not wait for
 * the disk, which commands then have to themselves: a server that crashes forgets its last marks, three times
 * `wal_writer_delay` at most, and what was marked goes out again, as after the crash of a relay.
 */
const markEvents = `
  update outbox
  set published_at = clock_timestamp()
  where (select set_config('synchronous_commit', 'off', true)) = 'off'
    and outbox.seq = any ($1::bigint[])
    and outbox.published_at is null
    and outbox.recorded_at >= $2::timestamptz
    and outbox.recorded_at <= $3::timestamptz + interval '1 millisecond'`;

/** Marks events as published, in the transaction that took them. */
export async function markPublished(session: Session, events: readonly TakenEvent[]): Promise<void> {
  if (events.length === 0) return;
  const times = events.map((event) => event.recordedAt.getTime());
  await session.query(markEvents, [
    events.map((event) => event.seq),
    new Date(times.reduce((least, time) => Math.min(least, time))),
    new Date(times.reduce((most, time) => Math.max(most, time))),
  ]);
}

/** Counts to 100,000 and no further, so that asking stays cheap when it matters. */
const measureBacklog = `
  select
    (
      select count(*)
      from (select from outbox where outbox.published_at is null limit 100000) as unpublished
    )::int as events,
    (
      select extract(epoch from clock_timestamp() - outbox.recorded_at)
      from outbox
      where outbox.published_at is null
      order by outbox.seq
      limit 1
    )::float8 as "oldestAgeSeconds",
    current_schema() as schema`;

/** How many events wait, and since when the oldest does. */
export async function readBacklog(
  session: Session,
): Promise<{ events: number; oldestAgeSeconds: number; schema: string }> {
  const { rows } = await session.query<{ events: number; oldestAgeSeconds: number | null; schema: string }>(
    measureBacklog,
  );
  const [row] = rows;
  return { events: row?.events ?? 0, oldestAgeSeconds: row?.oldestAgeSeconds ?? 0, schema: row?.schema ?? '' };
}
