import type pg from 'pg';
import type { ParkedMessage } from '../bus.ts';

const listParkedMessages = {
  name: 'bus_list_parked',
  text: `
    select parked.body, parked.error, parked.attempts, parked.parked_at as "parkedAt"
    from bus.parked_messages as parked
    where parked.queue = $1
    order by parked.id
    limit 1000`,
};

/** The parked messages of a queue, oldest first. */
export async function listParked(pool: pg.Pool, queue: string): Promise<ParkedMessage[]> {
  const { rows } = await pool.query<ParkedMessage>({ ...listParkedMessages, values: [queue] });
  return rows;
}

const replayParkedMessages = {
  name: 'bus_replay_parked',
  text: `
    with moved as (
      delete from bus.parked_messages as parked
      where parked.queue = $1
      returning parked.queue, parked.body, parked.id
    ),
    specs as (
      select array_agg(
        row(
          moved.queue,
          json_build_object('messages', json_build_array(json_build_object('body', moved.body, 'attempt', 1))),
          null, null, 32767, null, null, null
        )::bus.job_spec
        order by moved.id
      ) as list
      from moved
      having count(*) > 0
    )
    select count(job.id)::int as count from specs cross join lateral bus.add_jobs(specs.list) as job`,
};

/** Moves the parked messages of a queue back into it, all or none; answers how many. */
export async function replayParked(pool: pg.Pool, queue: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>({ ...replayParkedMessages, values: [queue] });
  return rows[0]?.count ?? 0;
}
