import type { Database, NamedStatement, TenantContext } from '@outlay/platform';

/** One change to one thing of the ledger. */
export interface AuditRecord {
  id: string;
  recordedAt: Date;
  actorKind: string;
  actorId: string;
  requestId: string;
  action: string;
  entity: string;
  entityId: string;
  /** JSON text; null where there was nothing. */
  before: string | null;
  after: string | null;
}

/** Which entries are wanted; all conditions must hold. */
export interface AuditListing {
  entity: string | undefined;
  entityId: string | undefined;
  actorId: string | undefined;
  from: Date | undefined;
  /** Exclusive. */
  to: Date | undefined;
  after: { id: string } | undefined;
  limit: number;
}

/** A page of the audit trail, the newest entry first. */
export async function listAuditEntries(
  { database }: { database: Database },
  context: TenantContext,
  listing: AuditListing,
): Promise<{ entries: AuditRecord[]; hasMore: boolean }> {
  const { statement, values } = auditTrailOf(context, listing);
  const { rows } = await database.withTenant(context, (session) => session.query<AuditRecord>(statement, values), {
    readOnly: true,
  });
  return { entries: rows.slice(0, listing.limit), hasMore: rows.length > listing.limit };
}

/** How a page is read, with one entry more where there is one. Whatever is asked for, little else is read. */
export function auditTrailOf(
  { tenantId }: Pick<TenantContext, 'tenantId'>,
  { entity, entityId, actorId, from, to, after, limit }: AuditListing,
): { statement: NamedStatement; values: unknown[] } {
  return {
    statement: statementFor({ entity, entityId, actorId }),
    values: [
      ...[tenantId, from ?? null, to ?? null, after?.id ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff', limit + 1],
      ...[entity ?? null, entityId ?? null, actorId ?? null],
    ],
  };
}

/** Nearly every entry is of an expense; those of any other kind are few enough to be found first and ordered then. */
function statementFor({ entity, entityId, actorId }: Pick<AuditListing, 'entity' | 'entityId' | 'actorId'>) {
  if (entityId !== undefined) return entity === undefined ? trailOfId : trailOfOne;
  if (entity !== undefined && entity !== 'expense') return trailOfKind;
  return actorId === undefined ? trail : trailOfActor;
}

const columns = `entry.id, entry.recorded_at as "recordedAt", entry.actor_kind as "actorKind",
  entry.actor_id as "actorId", entry.request_id as "requestId", entry.action, entry.entity,
  entry.entity_id as "entityId", entry.before::text, entry.after::text`;

const placed = `entry.tenant_id = $1 and entry.id < $4
  and ($2::timestamptz is null or entry.recorded_at >= $2) and ($3::timestamptz is null or entry.recorded_at < $3)`;

const ofKind = '($6::text is null or entry.entity = $6) and ($7::text is null or entry.entity_id = $7)';

const conditions = `${placed} and ${ofKind} and ($8::text is null or entry.actor_id = $8)`;

// By id, which is a time in milliseconds followed by chance: that is the order of the primary key in each month, and so
// nothing more has to be kept for it by whoever writes. Bounds on recorded_at leave out the months that hold none of it.
const trail = {
  name: 'list_audit_entries',
  text: `
select ${columns}
from audit_entries as entry
where ${conditions}
order by entry.id desc
limit $5`,
};

// The same along the index of migration 0141.
const trailOfActor = {
  name: 'list_audit_entries_of_actor',
  text: `
select ${columns}
from audit_entries as entry
where ${placed} and ${ofKind} and entry.actor_id = $8
order by entry.id desc
limit $5`,
};

// The few rows of one thing have an index of their own. They are found before they are put in order, or the planner would
// go through all there is in the order that is wanted.
const foundFirst = (condition: string): string => `
select ${columns}
from (
  select entry.tenant_id, entry.id, entry.recorded_at, entry.actor_kind, entry.actor_id, entry.request_id, entry.action,
    entry.entity, entry.entity_id, entry.before, entry.after
  from audit_entries as entry
  where entry.tenant_id = $1 and ${condition}
  offset 0
) as entry
where ${conditions}
order by entry.id desc
limit $5`;

const trailOfOne = {
  name: 'list_audit_entries_of_one',
  text: foundFirst('entry.entity = $6 and entry.entity_id = $7'),
};

// The index has the kind before the id, so the few kinds there are come first: each is one lookup.
const trailOfId = {
  name: 'list_audit_entries_of_id',
  text: `
with recursive kinds as (
  (
    select entry.entity from audit_entries as entry
    where entry.tenant_id = $1
    order by entry.entity limit 1
  )
  union all
  select (
    select entry.entity from audit_entries as entry
    where entry.tenant_id = $1 and entry.entity > kinds.entity
    order by entry.entity limit 1
  )
  from kinds
  where kinds.entity is not null
)
${foundFirst('entry.entity = any (array(select kinds.entity from kinds)) and entry.entity_id = $7')}`,
};

const trailOfKind = {
  name: 'list_audit_entries_of_kind',
  text: foundFirst('entry.entity = $6'),
};
