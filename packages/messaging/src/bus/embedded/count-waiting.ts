import type pg from 'pg';

/** Jobs of a queue that nobody works on. A job is one row, whatever it has in it; what is counted is its messages. */
const countMessages = {
  name: 'bus_count_waiting',
  text: `
    select coalesce(max(queue.messages), 0)::int as messages
    from (
      select sum(json_array_length(job.payload -> 'messages')) as messages
      from bus._private_jobs as job
      join bus._private_tasks as task on task.id = job.task_id
      where task.identifier = any ($1::text[]) and job.locked_at is null and job.run_at <= clock_timestamp()
      group by task.identifier
    ) as queue`,
};

/** How many messages wait in the fullest of the queues. */
export async function countWaiting(pool: pg.Pool, queues: readonly { name: string }[]): Promise<number> {
  const { rows } = await pool.query<{ messages: number }>({
    ...countMessages,
    values: [queues.map(({ name }) => name)],
  });
  return rows[0]?.messages ?? 0;
}
