import type { Session } from '@outlay/platform';

/** The schema of this service's jobs; graphile-worker makes its tables and functions there. */
export const jobsSchema = 'notifications_jobs';

/** The task that sends one delivery, and its payload. */
export const sendMailTask = 'send-mail';

/**
 * The key makes one job of many requests for the same delivery. Attempts of the mail are counted by the delivery; those
 * of the job are only for when the database fails it.
 */
const addSendMailJobs = `
select ${jobsSchema}.add_job(
  '${sendMailTask}',
  json_build_object('tenantId', item.tenant_id, 'deliveryId', item.delivery_id),
  run_at := $3::timestamptz,
  max_attempts := 10,
  priority := item.priority,
  job_key := '${sendMailTask} ' || item.delivery_id,
  job_key_mode := $4
)::text as job
from unnest($1::uuid[], $2::uuid[], $5::smallint[]) as item(tenant_id, delivery_id, priority)
order by item.delivery_id`;

/** A delivery that is to have a job. */
export interface ScheduledDelivery {
  tenantId: string;
  deliveryId: string;
  /** Of all whose time has come the smallest goes first. */
  priority: number;
}

/**
 * Has deliveries sent at the given time, if the session's transaction commits. With `preserve_run_at` a job that is
 * waiting already keeps its place.
 */
export async function scheduleSending(
  session: Pick<Session, 'query'>,
  deliveries: readonly ScheduledDelivery[],
  runAt: Date,
  mode: 'replace' | 'preserve_run_at' = 'replace',
): Promise<void> {
  await session.query({ name: 'notifications_add_send_mail_jobs', text: addSendMailJobs }, [
    deliveries.map((delivery) => delivery.tenantId),
    deliveries.map((delivery) => delivery.deliveryId),
    runAt,
    mode,
    deliveries.map((delivery) => delivery.priority),
  ]);
}
