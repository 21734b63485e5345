import type { Database } from '@outlay/platform';
import { type ScheduledDelivery, scheduleSending } from './send-mail-job.ts';

const chunkSize = 1_000;

/** A delivery may be this late before its job is looked after. */
const graceMs = 30_000;

const findOverdue = `
select delivery.tenant_id as "tenantId", delivery.id as "deliveryId", delivery.priority
from deliveries as delivery
where delivery.due_at is not null and delivery.due_at < $1::timestamptz
order by delivery.priority, delivery.due_at
limit ${chunkSize}`;

/**
 * Gives a job to deliveries of all tenants that are overdue: their process was killed at it, or the job was lost. The
 * oldest thousand of the most urgent at a time; answers how many there were. A job that is only waiting for its turn keeps it.
 */
export async function rescheduleOverdue(database: Database, now: Date): Promise<number> {
  const overdue = await database.withSystem(async (session) => {
    const before = new Date(now.getTime() - graceMs);
    const { rows } = await session.query<ScheduledDelivery>(findOverdue, [before]);
    return rows;
  });
  // Jobs are not rows of a tenant; what they may touch is decided when they run.
  if (overdue.length > 0)
    await database.withGlobal((session) => scheduleSending(session, overdue, now, 'preserve_run_at'));
  return overdue.length;
}
