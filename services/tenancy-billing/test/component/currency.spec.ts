import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { refusal, startTenancy, type TestTenancy } from './driver/start-tenancy.ts';

let tenancy: TestTenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.stop());
afterEach(() => {
  tenancy.fakeLedger.setTenantCurrency = ({ currency }) => ({ currency });
});

const stored = async (tenantId: string) => {
  const [row] = await tenancy.query<{ currency: string; version: string }>(
    'select currency, version from tenancy_billing.tenants where tenant_id = $1',
    [tenantId],
  );
  return row;
};

describe('the currency of a tenant', () => {
  it('is changed after the ledger has taken it', async () => {
    const { id } = await tenancy.registered();
    const asked: unknown[] = [];
    tenancy.fakeLedger.setTenantCurrency = (request) => {
      asked.push(request);
      return { currency: request.currency };
    };

    await tenancy.update(tenancy.as('owner', id), { currency: 'EUR' });

    expect(asked).toEqual([{ tenantId: id, currency: 'EUR', asking: 1n }]);
    expect(await stored(id)).toMatchObject({ currency: 'EUR', version: '2' });
  });

  it('stays when the ledger has booked in it', async () => {
    const { id } = await tenancy.registered();
    tenancy.fakeLedger.setTenantCurrency = () => {
      throw refusal('conflict', 'currency_fixed');
    };

    const attempt = tenancy.update(tenancy.as('owner', id), { currency: 'EUR', name: 'Renamed' });

    await expect(attempt).rejects.toMatchObject({ kind: 'conflict', code: 'currency_fixed' });
    expect(await stored(id)).toEqual({ currency: 'USD', version: '1' });
  });

  it('stays when the ledger is away, while other settings can be changed', async () => {
    const { id } = await tenancy.registered();
    tenancy.fakeLedger.setTenantCurrency = away;
    await tenancy.update(tenancy.as('owner', id), { currency: 'USD', timezone: 'Asia/Tokyo' });

    await expect(tenancy.update(tenancy.as('owner', id), { currency: 'EUR' })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await tenancy.update(tenancy.as('owner', id), { timezone: 'Asia/Seoul' });

    expect(await stored(id)).toEqual({ currency: 'USD', version: '3' });
  });

  it('is asked of the ledger once per idempotency key, whatever has become of it since', async () => {
    const { id } = await tenancy.registered();
    const asked: string[] = [];
    tenancy.fakeLedger.setTenantCurrency = (request) => {
      asked.push(request.currency);
      return { currency: request.currency };
    };
    const context = { ...tenancy.bearing({ role: 'owner', tenantId: id }), idempotencyKey: 'euro' };
    const first = await tenancy.update(context, { currency: 'EUR' });
    await tenancy.update(tenancy.as('owner', id), { currency: 'GBP' });

    const again = await tenancy.update(context, { currency: 'EUR' });

    expect(again).toEqual({ ...first, replayed: true });
    expect(asked).toEqual(['EUR', 'GBP']);
    expect(await stored(id)).toEqual({ currency: 'GBP', version: '3' });
    await expect(tenancy.update(context, { currency: 'CHF' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(asked).toEqual(['EUR', 'GBP']);
  });

  it('is not asked of the ledger by who has seen an older version', async () => {
    const { id } = await tenancy.registered();
    tenancy.fakeLedger.setTenantCurrency = () => {
      throw refusal('internal', 'the ledger was asked');
    };

    const attempt = tenancy.update(tenancy.as('owner', id), { currency: 'EUR', version: 7n });

    await expect(attempt).rejects.toMatchObject({ code: 'version_mismatch' });
  });

  it('is what the ledger has booked in, where that is another one', async () => {
    const [{ id }, other] = [await tenancy.registered(), await tenancy.registered()];
    tenancy.fakeLedger.setTenantCurrency = () => {
      throw refusal('conflict', 'currency_fixed', { currency: 'JPY' });
    };

    const attempt = tenancy.update(tenancy.as('owner', id), { currency: 'EUR', name: 'Renamed' });

    await expect(attempt).rejects.toMatchObject({ kind: 'conflict', code: 'currency_fixed' });
    const { tenant } = await tenancy.client.getTenant(tenancy.as('owner', id), { tenantId: '' });
    expect(tenant).toMatchObject({ name: expect.not.stringMatching('Renamed'), settings: { currency: 'JPY' } });
    expect((await tenancy.eventsOf(id)).at(-1)).toMatchObject({
      ...{ type: 'outlay.tenancy.tenant.updated.v1', aggregateversion: 2, data: { settings: { currency: 'JPY' } } },
    });
    expect(await isSettled(id)).toBe(true);
    expect(await stored(other.id)).toEqual({ currency: 'USD', version: '1' });
  });
});

describe('a change of the currency that is under way', () => {
  /** Has the ledger answer only when told, and waits until it is asked. */
  function holdLedger() {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    tenancy.fakeLedger.setTenantCurrency = async ({ currency }) => {
      asked.resolve();
      await answered.promise;
      return { currency };
    };
    return { asked: asked.promise, answer: () => answered.resolve() };
  }

  it('is not overtaken by who has seen the same version', async () => {
    const { id } = await tenancy.registered();
    const ledger = holdLedger();
    const change = tenancy.update(tenancy.as('owner', id), { currency: 'EUR', version: 1n });
    await ledger.asked;

    const rival = tenancy.update(tenancy.as('owner', id), { name: 'Rival', version: 1n }).catch((error) => error);
    ledger.answer();

    expect((await change).tenant).toMatchObject({ settings: { currency: 'EUR' }, version: 2n });
    expect(await rival).toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
  });

  it('is waited for by other changes, another plan among them, but not by other tenants', async () => {
    const [{ id }, other] = [await tenancy.registered(), await tenancy.registered()];
    const ledger = holdLedger();
    const change = tenancy.update(tenancy.as('owner', id), { currency: 'EUR' });
    await ledger.asked;

    const others = Promise.all([
      tenancy.update(tenancy.as('owner', id), { name: 'Renamed' }),
      tenancy.client.changePlan(tenancy.platformAdmin(), { tenantId: id, plan: 'professional', version: undefined }),
    ]);
    await tenancy.update(tenancy.as('owner', other.id), { name: 'Elsewhere' });
    expect(await stored(id)).toEqual({ currency: 'USD', version: '1' });
    ledger.answer();

    expect((await change).tenant).toMatchObject({ version: 2n });
    await others;
    expect(await stored(id)).toEqual({ currency: 'EUR', version: '4' });
  });

  it('is followed by the next one', async () => {
    const { id } = await tenancy.registered();
    const books = keepBooks();

    await Promise.all(
      ['EUR', 'GBP', 'JPY', 'CHF'].map((currency) => tenancy.update(tenancy.as('owner', id), { currency })),
    );

    expect(await stored(id)).toEqual({ currency: books.get(id), version: '5' });
  });
});

describe('a change of the currency whose answer is lost', () => {
  /** The ledger takes it, and nobody hears of that. */
  async function lose(id: string, currency: string): Promise<Map<string, string>> {
    const books = keepBooks();
    const { setTenantCurrency } = tenancy.fakeLedger;
    tenancy.fakeLedger.setTenantCurrency = (request) => {
      setTenantCurrency(request);
      throw refusal('unavailable', 'unavailable');
    };
    await expect(tenancy.update(tenancy.as('owner', id), { currency })).rejects.toMatchObject({ kind: 'unavailable' });
    expect([books.get(id), (await stored(id))?.currency]).toEqual([currency, 'USD']);
    tenancy.fakeLedger.setTenantCurrency = setTenantCurrency;
    return books;
  }

  it.each(['USD', 'EUR', 'JPY'])('is settled when the owner sends %s', async (currency) => {
    const { id } = await tenancy.registered();
    const books = await lose(id, 'EUR');

    await tenancy.update(tenancy.as('owner', id), { currency });

    expect([books.get(id), (await stored(id))?.currency]).toEqual([currency, currency]);
    expect(await isSettled(id)).toBe(true);
  });

  it('is taken back by itself', async () => {
    const { id } = await tenancy.registered();
    const books = await lose(id, 'EUR');

    await settle();

    await eventually(async () => expect(await isSettled(id)).toBe(true));
    expect(books.get(id)).toBe('USD');
    expect(await stored(id)).toEqual({ currency: 'USD', version: '1' });
  });

  it('is made good by itself where something was booked in it since', async () => {
    const { id } = await tenancy.registered();
    await lose(id, 'EUR');
    tenancy.fakeLedger.setTenantCurrency = () => {
      throw refusal('conflict', 'currency_fixed', { currency: 'EUR' });
    };

    await settle();

    await eventually(async () => expect(await isSettled(id)).toBe(true));
    expect(await stored(id)).toEqual({ currency: 'EUR', version: '2' });
    const audit =
      "select actor_kind, actor_id from tenancy_billing.audit_entries where action = 'tenant.updated' and tenant_id = $1";
    expect(await tenancy.query(audit, [id])).toEqual([{ actor_kind: 'service', actor_id: 'tenancy-billing' }]);
  });

  it('waits for a ledger that is away, and keeps nobody from changing the rest', async () => {
    const { id } = await tenancy.registered();
    await lose(id, 'EUR');
    tenancy.fakeLedger.setTenantCurrency = away;

    await settle();
    await tenancy.update(tenancy.as('owner', id), { name: 'Renamed' });

    expect(await isSettled(id)).toBe(false);
    const books = keepBooks();
    await settle();
    await eventually(async () => expect(await isSettled(id)).toBe(true));
    expect(books.get(id)).toBe('USD');
  });
});

function away(): never {
  throw refusal('unavailable', 'unavailable');
}

/** Has the ledger take each currency that it is asked for; answers those that it has, by tenant. */
function keepBooks(): Map<string, string> {
  const books = new Map<string, string>();
  tenancy.fakeLedger.setTenantCurrency = ({ tenantId, currency }) => {
    books.set(tenantId, currency);
    return { currency };
  };
  return books;
}

/** Runs the job of each minute; the job queue makes its tables by itself when the service starts. */
const settle = () => eventually(() => tenancy.query("select tenancy_billing_jobs.add_job('settle_currencies')"));

const isSettled = async (id: string) => {
  const [row] = await tenancy.query<{ settled: boolean }>(
    'select currency_asked_until is null as settled from tenancy_billing.tenants where tenant_id = $1',
    [id],
  );
  return row?.settled;
};
