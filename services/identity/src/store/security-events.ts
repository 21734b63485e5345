import { type Session, type TenantId, toJson } from '@outlay/platform';
import type { PagePosition } from './page-position.ts';

/** An entry of a tenant's security log. */
export interface SecurityEvent {
  id: string;
  kind: string;
  actorKind: string;
  actorId: string;
  /** Empty where it is about nobody. */
  userId: string;
  clientAddress: string;
  userAgent: string;
  details: Readonly<Record<string, unknown>>;
  recordedAt: Date;
}

const insert = {
  name: 'identity_insert_security_events',
  text: `
    insert into security_events
      (tenant_id, id, recorded_at, kind, actor_kind, actor_id, user_id, client_address, user_agent, details)
    select $1, row.id, row.recorded_at, row.kind, row.actor_kind, row.actor_id, nullif(row.user_id, '')::uuid,
      row.client_address, row.user_agent, row.details::jsonb
    from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::text[]) as row
      (id, recorded_at, kind, actor_kind, actor_id, user_id, client_address, user_agent, details)`,
};

/** Adds entries to the log of the session's tenant, in one statement for any number. */
export async function insertSecurityEvents(
  session: Session,
  tenantId: TenantId,
  events: readonly SecurityEvent[],
): Promise<void> {
  await session.query(insert, [
    tenantId,
    events.map((event) => event.id),
    events.map((event) => event.recordedAt),
    events.map((event) => event.kind),
    events.map((event) => event.actorKind),
    events.map((event) => event.actorId),
    events.map((event) => event.userId),
    events.map((event) => event.clientAddress),
    events.map((event) => event.userAgent),
    events.map((event) => toJson(event.details)),
  ]);
}

/** Which entries are wanted. */
export interface SecurityEventQuery {
  kind: string | undefined;
  /** About this person. */
  userId: string | undefined;
  from: Date | undefined;
  /** Before this instant. */
  to: Date | undefined;
  after: PagePosition | undefined;
  count: number;
}

/** Bounds on recorded_at leave out the months that hold none of it. */
const select = {
  name: 'identity_select_security_events',
  text: `
    select event.id, event.kind, event.actor_kind as "actorKind", event.actor_id as "actorId",
      coalesce(event.user_id::text, '') as "userId", event.client_address as "clientAddress",
      event.user_agent as "userAgent", event.details, event.recorded_at as "recordedAt"
    from security_events as event
    where event.tenant_id = $1
      and ($2::text is null or event.kind = $2)
      and ($3::uuid is null or event.user_id = $3)
      and ($4::timestamptz is null or event.recorded_at >= $4)
      and ($5::timestamptz is null or event.recorded_at < $5)
      and ($6::timestamptz is null or (event.recorded_at, event.id) < ($6, $7::uuid))
    order by event.recorded_at desc, event.id desc
    limit $8`,
};

/** Entries of the tenant's log, newest first. */
export async function listSecurityEvents(
  session: Session,
  tenantId: TenantId,
  { kind, userId, from, to, after, count }: SecurityEventQuery,
): Promise<SecurityEvent[]> {
  const { rows } = await session.query<SecurityEvent>(select, [
    tenantId,
    kind ?? null,
    userId ?? null,
    from ?? null,
    to ?? null,
    after?.at ?? null,
    after?.id ?? null,
    count,
  ]);
  return rows;
}
