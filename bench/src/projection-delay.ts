import pg from 'pg';

/** Milliseconds from an event's row in the ledger's outbox to the projection that took it in, over what was recorded since. */
export interface ProjectionDelay {
  events: number;
  p50Ms: number;
  p99Ms: number;
}

/** Both instants are of the same server's clock: that of the command's transaction and that of the consumer's. */
export const projectionDelay = async (adminUrl: string, since: Date): Promise<ProjectionDelay> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select count(*)::int as events,
         percentile_cont(0.5) within group (order by delay.ms) as p50,
         percentile_cont(0.99) within group (order by delay.ms) as p99
       from (
         select extract(epoch from inbox.handled_at - outbox.recorded_at) * 1000 as ms
         from reporting.inbox
         join ledger.outbox on outbox.tenant_id = inbox.tenant_id and outbox.id = inbox.event_id
         where outbox.recorded_at > $1
       ) as delay`,
      [since],
    );
    return { events: rows[0].events, p50Ms: Number(rows[0].p50), p99Ms: Number(rows[0].p99) };
  } finally {
    await client.end();
  }
};

/** Waits until nothing is left in the ledger's outbox and reporting has taken in all of it. */
export const drained = async (adminUrl: string, timeoutMs = 120_000): Promise<number> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  const start = performance.now();
  try {
    for (;;) {
      const { rows } = await client.query(
        `select (select count(*) from ledger.outbox where outbox.published_at is null)
           + (select count(*) from ledger.outbox where outbox.type like 'outlay.ledger.expense.%')
           - (select count(*) from reporting.inbox join ledger.outbox on outbox.id = inbox.event_id
              and outbox.tenant_id = inbox.tenant_id and outbox.type like 'outlay.ledger.expense.%') as open`,
      );
      if (Number(rows[0].open) === 0) return performance.now() - start;
      if (performance.now() - start > timeoutMs) throw new Error(`${rows[0].open} events are still under way`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    await client.end();
  }
};
