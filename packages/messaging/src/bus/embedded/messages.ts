import type pg from 'pg';

/** A message of the embedded bus, as it lies in a job. */
export interface BusMessage {
  readonly body: unknown;
  /** Which delivery comes next, counted by outcomes. */
  readonly attempt: number;
  /** Deliveries without an outcome, made before the message came into its present job. */
  readonly deliveries?: number;
}

/** What a job holds: several messages in one row cost little more than one. */
export interface JobPayload {
  readonly messages: readonly BusMessage[];
}

/** A job to be added: messages for one queue, to be delivered after a wait. */
export interface NewJob {
  readonly queue: string;
  readonly messages: readonly BusMessage[];
  readonly delayMs: number;
}

/** A message to be set aside. */
export interface NewParked {
  readonly queue: string;
  readonly body: unknown;
  readonly error: string;
  readonly attempts: number;
}

const messagesPerJob = 100;

/**
 * Adds jobs and parked messages in one statement, so that either all of it happens or nothing. add_jobs also notifies the
 * workers. The attempts that graphile-worker counts are not ours: they must never run out.
 */
const writeMessages = {
  name: 'bus_write_messages',
  text: `
    with parked as (
      insert into bus.parked_messages (queue, body, error, attempts)
      select message.queue, message.body, message.error, message.attempts
      from json_to_recordset($2::json) as message (queue text, body json, error text, attempts int)
    )
    select count(*)
    from bus.add_jobs(
      array(
        select row(
          job.queue,
          json_build_object('messages', job.messages),
          null,
          case when job."delayMs" > 0 then clock_timestamp() + job."delayMs" * interval '1 millisecond' end,
          32767,
          null,
          null,
          null
        )::bus.job_spec
        from json_to_recordset($1::json) as job (queue text, messages json, "delayMs" float8)
      )
    )
    where json_array_length($1::json) > 0`,
};

/** Writes jobs and parked messages. */
export async function write(pool: pg.Pool, jobs: readonly NewJob[], parked: readonly NewParked[] = []): Promise<void> {
  if (jobs.length === 0 && parked.length === 0) return;
  await pool.query({ ...writeMessages, values: [JSON.stringify(jobs), JSON.stringify(parked)] });
}

/** Jobs for one queue, with no more messages in each than are handled at once. */
export function toJobs(queue: string, messages: readonly BusMessage[]): NewJob[] {
  const jobs: NewJob[] = [];
  for (let start = 0; start < messages.length; start += messagesPerJob) {
    jobs.push({ queue, messages: messages.slice(start, start + messagesPerJob), delayMs: 0 });
  }
  return jobs;
}
