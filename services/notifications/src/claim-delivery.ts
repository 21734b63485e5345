import type { Session } from '@outlay/platform';

/** A delivery that this attempt alone may work on until its lease ends. */
export interface ClaimedDelivery {
  deliveryId: string;
  kind: string;
  /** Undefined: the person was erased. */
  recipient: { name: string; address: string } | undefined;
  parameters: unknown;
  priority: number;
  createdAt: Date;
  /** From 1. */
  attempt: number;
  /** When an earlier attempt, whose outcome nobody knows, may have handed the mail over at the latest. */
  maybeSentAt: Date | undefined;
}

interface ClaimableRow {
  kind: string;
  status: 'pending' | 'sending' | 'unknown';
  recipient: string | null;
  recipient_name: string;
  parameters: unknown;
  priority: number;
  created_at: Date;
  attempts: number;
}

// A concurrent attempt waits here, and then finds that the delivery is not due any more.
const lockDue = `
select
  delivery.kind, delivery.status, delivery.recipient, delivery.recipient_name, delivery.parameters,
  delivery.priority, delivery.created_at, delivery.attempts
from deliveries as delivery
where delivery.tenant_id = $1::uuid and delivery.id = $2::uuid
  and delivery.status in ('pending', 'sending', 'unknown') and delivery.due_at <= $3::timestamptz
for update`;

const markInterrupted = `
update delivery_attempts as attempt
set outcome = 'interrupted', finished_at = $3::timestamptz
where attempt.tenant_id = $1::uuid and attempt.delivery_id = $2::uuid and attempt.outcome = 'sending'`;

const findLastOpen = `
select max(attempt.started_at) as started_at
from delivery_attempts as attempt
where attempt.tenant_id = $1::uuid and attempt.delivery_id = $2::uuid
  and attempt.outcome in ('interrupted', 'unknown')`;

const beginAttempt = `
with delivery as (
  update deliveries
  set status = 'sending', attempts = $3, due_at = $5::timestamptz, provider = $6
  where deliveries.tenant_id = $1::uuid and deliveries.id = $2::uuid
)
insert into delivery_attempts (tenant_id, delivery_id, attempt, started_at, provider)
values ($1::uuid, $2::uuid, $3, $4::timestamptz, $6)`;

/** Clocks of processes differ a little from that of the database, which decides when a job runs. */
const earlyMs = 2_000;

/**
 * Takes a delivery for one attempt: it is `sending` once the session's transaction has committed, which must be before
 * the request leaves. Answers undefined where there is nothing to do: it is settled, not due, or with another attempt.
 */
export async function claimDelivery(
  session: Session,
  claim: { deliveryId: string; provider: string; now: Date; leaseMs: number },
): Promise<ClaimedDelivery | undefined> {
  const { deliveryId, provider, now, leaseMs } = claim;
  const key = [session.tenantId, deliveryId];
  const { rows } = await session.query<ClaimableRow>(lockDue, [...key, new Date(now.getTime() + earlyMs)]);
  const [row] = rows;
  if (!row) return undefined;
  await session.query(markInterrupted, [...key, now]);
  const open =
    row.status === 'pending' ? undefined : await session.query<{ started_at: Date | null }>(findLastOpen, key);
  const attempt = row.attempts + 1;
  await session.query(beginAttempt, [...key, attempt, now, new Date(now.getTime() + leaseMs), provider]);
  return {
    deliveryId,
    kind: row.kind,
    recipient: row.recipient === null ? undefined : { name: row.recipient_name, address: row.recipient },
    parameters: row.parameters,
    priority: row.priority,
    createdAt: row.created_at,
    attempt,
    maybeSentAt: open && (open.rows[0]?.started_at ?? row.created_at),
  };
}
