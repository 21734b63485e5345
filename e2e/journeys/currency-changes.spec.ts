import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform } from '@outlay/testkit';
import fc from 'fast-check';
import pg from 'pg';
import { createOutlayClient, type SignedIn } from '../drivers/outlay-client.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(300_000);

type Platform = Awaited<ReturnType<typeof startPlatform>>;

/** What people of one tenant do at the same time, each after a while of their own. */
type Step = { afterMs: number } & (
  | { kind: 'change'; name?: string; currency?: string; isConditional: boolean }
  | { kind: 'book'; currency: string }
);

const currencies = ['USD', 'EUR', 'JPY', 'KWD'] as const;

const afterMs = fc.nat({ max: 40 });
const currency = fc.constantFrom(...currencies);
const change = fc.record(
  {
    kind: fc.constant('change' as const),
    afterMs,
    isConditional: fc.boolean(),
    name: fc.constantFrom('North', 'South'),
    currency,
  },
  { requiredKeys: ['kind', 'afterMs', 'isConditional'] },
);
const booking = fc.record({ kind: fc.constant('book' as const), afterMs, currency });
const history = fc.array(fc.oneof({ arbitrary: change, weight: 3 }, { arbitrary: booking, weight: 1 }), {
  minLength: 2,
  maxLength: 6,
});
/** Who is killed, and after how long; nobody half of the time. */
const crash = fc.option(
  fc.record({
    services: fc.constantFrom(['tenancy-billing'], ['ledger'], ['tenancy-billing', 'ledger']),
    afterMs: fc.nat({ max: 60 }),
  }),
);

describe('a tenant’s currency', () => {
  let platform: Platform;
  let admin: pg.Pool;
  beforeAll(async () => {
    platform = await startPlatform({ bus: 'embedded' });
    admin = new pg.Pool({ connectionString: platform.database.adminUrl, max: 2 });
  }, 240_000);
  afterAll(async () => {
    await admin?.end();
    await platform?.stop();
  });

  const newTenant = (): Promise<SignedIn> => createOutlayClient(platform.gatewayUrl).registerTenant();

  async function take(owner: SignedIn, version: string, step: Step): Promise<number> {
    await delay(step.afterMs);
    if (step.kind === 'book') {
      const { status } = await owner.call('POST', '/expenses', anExpense(step.currency));
      return status;
    }
    const headers: Record<string, string> = step.isConditional ? { 'if-match': version } : {};
    const { status } = await owner.call(
      'PATCH',
      '/tenant',
      {
        ...(step.name !== undefined && { name: step.name }),
        settings: step.currency === undefined ? {} : { currency: step.currency },
      },
      headers,
    );
    return status;
  }

  async function kill({ services, afterMs: ms }: { services: readonly string[]; afterMs: number }): Promise<void> {
    await delay(ms);
    await Promise.all(services.map((service) => platform.killService(service)));
    await Promise.all(services.map((service) => platform.startService(service)));
  }

  /** Runs the job of each minute, and waits until it has nothing left to do. */
  async function settle(): Promise<void> {
    await eventually(
      async () => {
        await admin.query(`select tenancy_billing_jobs.add_job('settle_currencies')`);
        await delay(100);
        const { rows } = await admin.query(
          'select tenant_id from tenancy_billing.tenants where currency_asked_until is not null',
        );
        expect(rows).toEqual([]);
      },
      { timeoutMs: 60_000 },
    );
  }

  const settingsAndBooks = async (owner: SignedIn) => {
    const { rows } = await admin.query(
      `select tenants.currency as settings, books.currency as books
       from tenancy_billing.tenants left join ledger.tenants as books using (tenant_id) where tenant_id = $1`,
      [owner.tenantId],
    );
    return rows[0] as { settings: string; books: string };
  };

  it('is the same in its settings and in its books, whatever is changed and booked at once and whoever crashes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(history, { minLength: 4, maxLength: 4 }), crash, async (histories, crashing) => {
        const owners = await Promise.all(histories.map(newTenant));
        const versions = await Promise.all(
          owners.map(async (owner) => (await owner.call('GET', '/tenant')).headers.get('etag') ?? ''),
        );

        const statuses = histories.map((steps, index) =>
          Promise.all(steps.map((step) => take(owners[index]!, versions[index]!, step))),
        );
        if (crashing !== null) await kill(crashing);
        await Promise.all(statuses);
        await settle();

        for (const owner of owners) {
          const { settings, books } = await settingsAndBooks(owner);
          expect(books).toBe(settings);
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  /** A change that the ledger takes, after which tenancy-billing is killed before it has heard of that. */
  async function changeWithCrash(owner: SignedIn, wanted: string): Promise<void> {
    // The ledger has heard of the tenant.
    await eventually(async () => expect((await settingsAndBooks(owner)).books).toBe('USD'));
    const holder = await admin.connect();
    await holder.query(`begin; select from ledger.tenants where tenant_id = '${owner.tenantId}' for update`);
    const answer = owner.call('PATCH', '/tenant', { settings: { currency: wanted } });
    await eventually(async () => {
      const waiting = `select pid from pg_stat_activity
        where usename = 'outlay_ledger' and datname = current_database() and wait_event_type = 'Lock'`;
      expect((await holder.query(waiting)).rows).toHaveLength(1);
    });
    await platform.killService('tenancy-billing', 'SIGSTOP');
    await holder.query('rollback');
    holder.release();
    await eventually(async () => expect(await settingsAndBooks(owner)).toEqual({ settings: 'USD', books: wanted }));
    await platform.killService('tenancy-billing');
    await platform.startService('tenancy-billing');
    expect((await answer).status).toBeGreaterThanOrEqual(500);
  }

  const book = async (owner: SignedIn, paidIn: string): Promise<number> =>
    (await owner.call('POST', '/expenses', anExpense(paidIn))).status;

  it('is taken back in the books by itself, where a crash cut its change off', async () => {
    const owner = await newTenant();
    await changeWithCrash(owner, 'JPY');

    await settle();

    expect(await settingsAndBooks(owner)).toEqual({ settings: 'USD', books: 'USD' });
    expect(await book(owner, 'USD')).toBe(201);
  });

  it('is that of what was booked, where a crash cut its change off and somebody booked before it was taken back', async () => {
    const owner = await newTenant();
    await changeWithCrash(owner, 'JPY');
    expect(await book(owner, 'JPY')).toBe(201);

    await settle();

    expect(await settingsAndBooks(owner)).toEqual({ settings: 'JPY', books: 'JPY' });
    await eventually(async () => {
      const { body } = await owner.call('GET', '/stats/summary?month=2024-01');
      expect(body).toMatchObject({ currency: 'JPY', count: 1 });
    });
  });

  it.each(['USD', 'JPY', 'KWD'])(
    'is %s where a crash cut a change to JPY off, and its owner sends that',
    async (wanted) => {
      const owner = await newTenant();
      await changeWithCrash(owner, 'JPY');

      await eventually(async () => {
        const { status } = await owner.call('PATCH', '/tenant', { settings: { currency: wanted } });
        expect(status).toBe(200);
      });

      expect(await settingsAndBooks(owner)).toEqual({ settings: wanted, books: wanted });
    },
  );

  it('stays in the books, too, where a change of it is refused', async () => {
    for (let round = 0; round < 10; round++) {
      const owner = await newTenant();
      const version = (await owner.call('GET', '/tenant')).headers.get('etag') ?? '';

      const answers = await Promise.all([
        owner.call('PATCH', '/tenant', { name: 'Renamed' }, { 'if-match': version }),
        owner.call('PATCH', '/tenant', { settings: { currency: 'JPY' } }, { 'if-match': version }),
      ]);

      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const { status } = await owner.call('POST', '/expenses', anExpense(answers[1]?.status === 200 ? 'JPY' : 'USD'));
      expect(status).toBe(201);
      const { settings, books } = await settingsAndBooks(owner);
      expect(books).toBe(settings);
    }
  });
});

const anExpense = (paidIn: string) => ({ amount: '5', currency: paidIn, title: 'Paper', expense_date: '2024-01-01' });
