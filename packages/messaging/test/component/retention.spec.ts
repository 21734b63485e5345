import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanInbox, cleanOutbox } from '../../src/retention/drop-old-months.ts';
import { type DatabaseFixture, startDatabase } from './database-fixture.ts';

describe('retention', () => {
  let fixture: DatabaseFixture;

  beforeAll(async () => {
    fixture = await startDatabase();
    for (const table of ['inbox', 'outbox']) {
      await fixture.admin(`
        create table ledger.${table}_202001 partition of ledger.${table}
          for values from ('2020-01-01T00:00Z') to ('2020-02-01T00:00Z')`);
      await fixture.admin(`alter table ledger.${table}_202001 owner to outlay_owner`);
    }
  }, 120_000);
  afterAll(() => fixture.close());

  const insertInbox = (recordedAt: string) =>
    fixture.admin(
      `insert into ledger.inbox (tenant_id, queue, event_id, recorded_at)
       values (gen_random_uuid(), 'q', gen_random_uuid(), $1)`,
      [recordedAt],
    );
  const insertOutbox = (publishedAt: string | null) =>
    fixture.admin(
      `insert into ledger.outbox (tenant_id, id, recorded_at, type, subject, aggregate_version, envelope, published_at)
       values (gen_random_uuid(), gen_random_uuid(), '2020-01-10', 't', 's', 1, '{}', $1)`,
      [publishedAt],
    );
  const inboxTimes = async () =>
    (
      await fixture.admin<{ at: string }>(`select to_char(recorded_at, 'YYYY-MM') as at from ledger.inbox order by 1`)
    ).map((row) => row.at);

  it('forgets handled events month by month, and those older than the schema', async () => {
    await insertInbox('2019-05-01T00:00Z');
    await insertInbox('2020-01-15T00:00Z');
    await insertInbox('2020-02-15T00:00Z');

    expect(await cleanInbox(fixture.ledger, new Date('2020-01-31T23:59:59Z'))).toEqual([]);
    expect(await inboxTimes()).toEqual(['2020-01', '2020-02']);
    expect(await cleanInbox(fixture.ledger, new Date('2020-02-01T00:00:00Z'))).toEqual(['inbox_202001']);
    expect(await inboxTimes()).toEqual(['2020-02']);
  });

  it('keeps a month of the outbox until all of it is published', async () => {
    await insertOutbox(null);
    await insertOutbox('2020-01-11');
    const before = new Date('2020-03-01T00:00:00Z');

    expect(await cleanOutbox(fixture.ledger, before)).toEqual([]);
    await fixture.admin(`update ledger.outbox set published_at = now() where published_at is null`);

    expect(await cleanOutbox(fixture.ledger, before)).toEqual(['outbox_202001']);
  });

  it('is not for the service itself to do, nor for any other table', async () => {
    const drop = (table: string) => ({
      text: `select drop_month_partitions('${table}', now() + interval '1 year')`,
      name: table,
    });

    await expect(fixture.ledger.once(drop('inbox'), [])).rejects.toThrow(/permission denied/);
    await expect(fixture.ledger.withSystem((session) => session.query(drop('audit_entries')))).rejects.toThrow(
      /kept for good/,
    );
  });
});
