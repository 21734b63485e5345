import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { metrics, systemContext, type TenantId, toTenantId } from '@outlay/platform';
import { createTestVhost, eventually, type TestVhost } from '@outlay/testkit';
import type { Bus, PublishOutcome } from '../../src/bus/bus.ts';
import { createBus } from '../../src/bus/create-bus.ts';
import type { Envelope } from '../../src/envelope.ts';
import { enqueueEvents } from '../../src/outbox/enqueue-events.ts';
import { createRelay, type Relay, type RelayOptions } from '../../src/relay/relay.ts';
import { anAggregate, type DatabaseFixture, logger, startDatabase, writeVersions } from './database-fixture.ts';
import { categoryCreated } from './events.ts';

describe('the relay', () => {
  let fixture: DatabaseFixture;
  let vhost: TestVhost;
  const relays: Relay[] = [];

  beforeAll(async () => {
    fixture = await startDatabase();
    vhost = await createTestVhost();
  }, 120_000);
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await fixture.admin('update ledger.outbox set published_at = now() where published_at is null');
  });
  afterAll(async () => {
    await fixture.close();
    await vhost.drop();
  });

  /** Versions 1 to `count` of an aggregate, by one command. */
  const writeAtOnce = (tenantId: TenantId, subject: string, count: number) =>
    fixture.ledger.withTenant({ tenantId }, (session) =>
      enqueueEvents(
        session,
        systemContext(tenantId),
        Array.from({ length: count }, (_, index) => categoryCreated(tenantId, subject, index + 1)),
      ),
    );

  async function startRelay(options: Partial<RelayOptions> & Pick<RelayOptions, 'bus'>): Promise<Relay> {
    const relay = createRelay({ database: fixture.ledger, logger, pollMs: 60_000, ...options });
    relays.push(relay);
    await relay.start();
    return relay;
  }

  const unpublished = async () =>
    (await fixture.admin<{ subject: string }>('select subject from ledger.outbox where published_at is null')).length;

  it('publishes to RabbitMQ what was committed, in order, and marks it', async () => {
    const queue = { name: 'test.relay', events: ['outlay.ledger.category.created.v1'], attempts: 1, backoffMs: [50] };
    const bus = createBus({ amqpUrl: vhost.amqpUrl, queues: [queue], logger });
    await bus.start();
    const received: Envelope[] = [];
    await bus.subscribe(queue, {}, async (deliveries) => {
      received.push(...deliveries.map((delivery) => delivery.body as Envelope));
      return deliveries.map(() => ({ kind: 'done' }));
    });
    await startRelay({ bus });
    const aggregate = anAggregate();
    const tenantId = toTenantId(aggregate.tenantId);

    await writeVersions(fixture.ledger, aggregate, [1, 2, 3]);
    await expect(
      fixture.ledger.withTenant({ tenantId }, async (session) => {
        await enqueueEvents(session, systemContext(tenantId), [categoryCreated(tenantId, aggregate.subject, 4)]);
        throw new Error('the command failed');
      }),
    ).rejects.toThrow('the command failed');

    await eventually(() => expect(received.map((event) => event.aggregateversion)).toEqual([1, 2, 3]));
    expect(received[0]).toMatchObject({
      specversion: '1.0',
      source: '/outlay/ledger',
      type: 'outlay.ledger.category.created.v1',
      subject: aggregate.subject,
      tenantid: tenantId,
      datacontenttype: 'application/json',
      data: { category: { name: 'Software' } },
    });
    await eventually(async () => expect(await unpublished()).toBe(0));
    await bus.stop();
  });

  it('keeps the order of events that one command wrote', async () => {
    const bus = recordingBus();
    await startRelay({ bus });
    const { tenantId: id, subject } = anAggregate();
    const tenantId = toTenantId(id);

    await writeAtOnce(tenantId, subject, 50);

    await eventually(() =>
      expect(bus.versionsOf(subject)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1)),
    );
  });

  it('is woken by each commit: by itself it would not look for a minute', async () => {
    const bus = recordingBus();
    await startRelay({ bus, pollMs: 60_000 });
    const { subject, tenantId } = anAggregate();

    for (const version of [1, 2, 3]) {
      await writeVersions(fixture.ledger, { subject, tenantId }, [version]);
      await eventually(() => expect(bus.versionsOf(subject).at(-1)).toBe(version));
    }
  });

  it('publishes a lone event at once, and what comes soon behind it together', async () => {
    const bus = recordingBus();
    await startRelay({ bus, gatherMs: 2_000 });
    const { subject, tenantId } = anAggregate();

    await writeVersions(fixture.ledger, { subject, tenantId }, [1]);
    await eventually(() => expect(bus.batches).toEqual([1]));
    for (const version of [2, 3, 4]) await writeVersions(fixture.ledger, { subject, tenantId }, [version]);

    await eventually(() => expect(bus.versionsOf(subject)).toEqual([1, 2, 3, 4]));
    expect(bus.batches).toEqual([1, 3]);
  });

  it('finds events without a notification: when woken, and by itself after a while', async () => {
    const bus = recordingBus();
    const relay = await startRelay({ bus, pollMs: 300 });
    const insert = (subject: string) =>
      fixture.admin(
        `insert into ledger.outbox (tenant_id, id, type, subject, aggregate_version, envelope)
         values (gen_random_uuid(), gen_random_uuid(), 'test', $1, 1, json_build_object('subject', $1::text, 'aggregateversion', 1))`,
        [subject],
      );

    await insert('woken');
    relay.wake();
    await eventually(() => expect(bus.versionsOf('woken')).toEqual([1]));
    await insert('found');

    await eventually(() => expect(bus.versionsOf('found')).toEqual([1]));
  });

  it('publishes again what the bus refused, until it is taken', async () => {
    let refusals = 3;
    const bus = recordingBus(() => (refusals-- > 0 ? 'failed' : 'taken'));
    await startRelay({ bus });
    const aggregate = anAggregate();

    await writeVersions(fixture.ledger, aggregate, [1]);

    await eventually(() => expect(bus.versionsOf(aggregate.subject)).toEqual([1]));
    await eventually(async () => expect(await unpublished()).toBe(0));
    expect(refusals).toBeLessThan(0);
  });

  it('does not let an aggregate whose events are refused hold up the others', async () => {
    const refused = anAggregate();
    const bus = recordingBus((envelope) => (envelope.subject === refused.subject ? 'failed' : 'taken'));
    await writeVersions(fixture.ledger, refused, [1, 2, 3, 4, 5]);
    const healthy = Array.from({ length: 12 }, anAggregate);
    for (const aggregate of healthy) await writeVersions(fixture.ledger, aggregate, [1]);

    await startRelay({ bus, batchMax: 5 });

    await eventually(() =>
      expect(healthy.map(({ subject }) => bus.versionsOf(subject))).toEqual(healthy.map(() => [1])),
    );
    expect(bus.versionsOf(refused.subject)).toEqual([]);
    await eventually(async () => expect(await unpublished()).toBe(5));
  });

  it('leaves an aggregate alone for a while of which the bus has refused something', async () => {
    const refused = anAggregate();
    const bus = recordingBus((envelope) => (envelope.subject === refused.subject ? 'failed' : 'taken'));
    await writeVersions(fixture.ledger, refused, [1]);
    for (let count = 0; count < 10; count++) await writeVersions(fixture.ledger, anAggregate(), [1]);

    await startRelay({ bus, batchMax: 5 });

    await eventually(() => expect(bus.batches.length).toBeGreaterThanOrEqual(3));
    // One has the refused one, what follows has none of it.
    expect(bus.batches.slice(0, 3)).toEqual([5, 5, 1]);
  });

  it('takes what others did along with the import of one tenant, however much of that came before', async () => {
    const bus = recordingBus();
    const { tenantId: id, subject } = anAggregate();
    const tenantId = toTenantId(id);
    await writeAtOnce(tenantId, subject, 50);
    const others = Array.from({ length: 3 }, anAggregate);
    for (const aggregate of others) await writeVersions(fixture.ledger, aggregate, [1, 2]);

    await startRelay({ bus, batchMax: 8 });

    await eventually(async () => expect(await unpublished()).toBe(0));
    expect(new Set(bus.subjects().slice(0, 8))).toEqual(new Set([subject, ...others.map((other) => other.subject)]));
    expect(bus.versionsOf(subject)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    for (const other of others) expect(bus.versionsOf(other.subject)).toEqual([1, 2]);
  });

  it('has a tenant with more than a batch go slower while consumers are behind, and nobody else', async () => {
    const bus = recordingBus();
    bus.waitingFor = async () => 1_000;
    const [big, other] = [anAggregate(), anAggregate()];
    const tenantId = toTenantId(big.tenantId);
    const events = Array.from({ length: 500 }, (_, index) => categoryCreated(tenantId, big.subject, index + 1));
    await fixture.ledger.withTenant({ tenantId }, (session) => enqueueEvents(session, systemContext(tenantId), events));

    await startRelay({ bus, batchMax: 150 });
    await eventually(() => expect(bus.batches.slice(0, 3)).toEqual([150, 50, 50]));
    await writeVersions(fixture.ledger, other, [1]);

    await eventually(() => expect(bus.versionsOf(other.subject)).toEqual([1]));
    expect(bus.versionsOf(big.subject).length).toBeLessThan(500);
    bus.waitingFor = async () => 0;
    await eventually(async () => expect(await unpublished()).toBe(0));
    expect(Math.max(...bus.batches.slice(3))).toBeGreaterThan(51);
    expect(bus.versionsOf(big.subject)).toEqual(events.map((_, index) => index + 1));
  });

  it('goes round more tenants than it looks at in one round', async () => {
    const bus = recordingBus();
    const aggregates = Array.from({ length: 250 }, anAggregate);
    await fixture.admin(
      `insert into ledger.outbox (tenant_id, id, type, subject, aggregate_version, envelope)
       select tenant, gen_random_uuid(), 'test', subject, version,
         json_build_object('subject', subject, 'aggregateversion', version)
       from unnest($1::uuid[], $2::text[]) as aggregate (tenant, subject) cross join generate_series(1, 3) as version`,
      [aggregates.map(({ tenantId }) => tenantId), aggregates.map(({ subject }) => subject)],
    );

    await startRelay({ bus, batchMax: 200 });

    await eventually(async () => expect(await unpublished()).toBe(0));
    for (const { subject } of aggregates) expect(bus.versionsOf(subject)).toEqual([1, 2, 3]);
    expect(new Set(bus.subjects().slice(0, 550)).size).toBe(250);
  });

  it('keeps the order of each aggregate when several relays publish to a bus that fails at random', async () => {
    const bus = recordingBus(
      () => (Math.random() < 0.2 ? 'failed' : 'taken'),
      () => Math.random() * 10,
    );
    const aggregates = Array.from({ length: 20 }, anAggregate);
    const versions = Array.from({ length: 20 }, (_, index) => index + 1);
    for (let count = 0; count < 3; count++) await startRelay({ bus, batchMax: 7, pollMs: 200 });

    await Promise.all(aggregates.map((aggregate) => writeVersions(fixture.ledger, aggregate, versions)));

    await eventually(async () => expect(await unpublished()).toBe(0), { timeoutMs: 30_000 });
    for (const { subject } of aggregates) expect(firstOccurrences(bus.versionsOf(subject))).toEqual(versions);
  }, 120_000);

  it('loses nothing and keeps the order when its connections are killed again and again', async () => {
    const bus = recordingBus(
      () => 'taken',
      () => Math.random() * 5,
    );
    const aggregates = Array.from({ length: 15 }, anAggregate);
    const versions = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(aggregates.map((aggregate) => writeVersions(fixture.ledger, aggregate, versions)));
    const relayDatabase = fixture.connectAs('ledger', 3);
    const options = { bus, batchMax: 10, pollMs: 100, database: relayDatabase };
    await startRelay(options);
    await startRelay(options);

    for (let kill = 0; kill < 15 && (await unpublished()) > 0; kill++) {
      await fixture.admin(
        `select pg_terminate_backend(activity.pid) from pg_stat_activity as activity
         where activity.datname = current_database() and activity.usename = 'outlay_ledger'`,
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    }

    await eventually(async () => expect(await unpublished()).toBe(0), { timeoutMs: 30_000 });
    for (const { subject } of aggregates) expect(firstOccurrences(bus.versionsOf(subject))).toEqual(versions);
  }, 120_000);

  it('finishes the batch in hand when it is stopped', async () => {
    const begun = Promise.withResolvers<void>();
    const bus = recordingBus(
      () => 'taken',
      () => {
        begun.resolve();
        return 200;
      },
    );
    const relay = await startRelay({ bus });
    const aggregate = anAggregate();
    await writeVersions(fixture.ledger, aggregate, [1]);
    await begun.promise;

    await relay.stop();

    expect(bus.versionsOf(aggregate.subject)).toEqual([1]);
    expect(await unpublished()).toBe(0);
  });

  it('tells how many events wait and how long publishing takes', async () => {
    const bus = recordingBus(() => 'failed');
    await writeVersions(fixture.ledger, anAggregate(), [1, 2]);

    await startRelay({ bus });

    await eventually(async () => expect(await metrics.metrics()).toMatch(/outbox_backlog_events\{schema="ledger"\} 2/));
    await eventually(async () =>
      expect(await metrics.metrics()).toMatch(/outbox_publish_seconds_count\{schema="ledger"\} \d/),
    );
  });
});

/** A bus that remembers what it took, each aggregate's events in order as the port promises, and fails when told. */
function recordingBus(
  decide: (envelope: Envelope) => PublishOutcome['kind'] = () => 'taken',
  delayMs: () => number = () => 0,
) {
  const taken: Envelope[] = [];
  const batches: number[] = [];
  const publish: Bus['publish'] = async (envelopes) => {
    batches.push(envelopes.length);
    const failedSubjects = new Set<string>();
    const outcomes: PublishOutcome[] = [];
    for (const envelope of envelopes) {
      const isTaken = !failedSubjects.has(envelope.subject) && decide(envelope) === 'taken';
      if (isTaken) taken.push(envelope);
      else failedSubjects.add(envelope.subject);
      outcomes.push(isTaken ? { kind: 'taken' } : { kind: 'failed', reason: 'told to' });
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs()));
    return outcomes;
  };
  const waitingFor: Bus['waitingFor'] = async () => 0;
  return {
    publish,
    waitingFor,
    /** How many events came at a time. */
    batches,
    /** In the order in which they were taken. */
    subjects: () => taken.map((envelope) => envelope.subject),
    versionsOf: (subject: string) =>
      taken.filter((envelope) => envelope.subject === subject).map((envelope) => envelope.aggregateversion),
  };
}

/** Without the repetitions of what was published before. */
function firstOccurrences(versions: readonly number[]): number[] {
  return [...new Set(versions)];
}
