import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue, type ledger as contract } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { ratesOf } from './driver/rates.ts';
import { startLedger, type TestLedger, type TestTenant, withKey } from './driver/start-ledger.ts';

let ledger: TestLedger;
let rates: ReturnType<typeof ratesOf>;
beforeAll(async () => {
  ledger = await startLedger();
  rates = ratesOf(ledger);
});
afterAll(() => ledger.stop());

const usd = { baseCurrency: 'USD', quoteCurrency: 'EUR', rate: '0.95', date: '2024-03-01', provider: 'Treasury' };

async function list(tenant: TestTenant, filter: Partial<contract.ListExchangeRatesRequest> = {}) {
  const request = { currency: '', dateFrom: '', dateTo: '', source: '', page: undefined, ...filter };
  return ledger.client.listExchangeRates(tenant.member, request);
}

const rateEvents = async (tenant: TestTenant) =>
  (await ledger.events(tenant.tenantId)).filter(({ type }) => type === 'outlay.ledger.exchange_rate.recorded.v1');

const short = (rate: contract.ExchangeRate) =>
  `${rate.date} ${rate.baseCurrency}/${rate.quoteCurrency} ${rate.rate} ${rate.source}`;

describe('a tenant’s own list of rates', () => {
  it('takes a rate, and says who recorded it', async () => {
    const tenant = await ledger.tenant();

    const { exchangeRate } = await ledger.client.createExchangeRate(tenant.admin, { ...usd, rate: '0.950' });

    expect(exchangeRate).toEqual({
      ...usd,
      id: expect.any(String),
      source: 'tenant',
      version: 1n,
      recordedAt: expect.any(Date),
      actorKind: 'user',
      actorId: tenant.ids.adminId,
    });
    const [event] = await rateEvents(tenant);
    expect(event).toMatchObject({
      type: 'outlay.ledger.exchange_rate.recorded.v1',
      subject: exchangeRate!.id,
      aggregateversion: 1,
    });
    expect(catalogue['outlay.ledger.exchange_rate.recorded.v1'].codec.fromJSON(event!.data)).toEqual({ exchangeRate });
    const trail = await ledger.client.listAuditEntries(tenant.owner, {
      ...{
        entity: 'exchange_rate',
        entityId: exchangeRate!.id,
        actorId: '',
        from: undefined,
        to: undefined,
        page: undefined,
      },
    });
    expect(trail.entries.map(({ action }) => action)).toEqual(['exchange_rate.recorded']);
  });

  it('keeps each revision of a rate that is corrected, withdrawn and given again', async () => {
    const tenant = await ledger.tenant();
    const { id } = await rates.set(tenant, 'USD', 'EUR', '0.95', '2024-03-01');

    await rates.correct(tenant, id, '0.96');
    await rates.withdraw(tenant, id);
    const again = await rates.set(tenant, 'USD', 'EUR', '0.97', '2024-03-01');

    expect(again).toMatchObject({ id, version: 4n });
    const { revisions } = await ledger.client.getExchangeRate(tenant.member, { exchangeRateId: id });
    expect(revisions.map(({ version, rate }) => [version, rate])).toEqual([
      [4n, '0.97'],
      [3n, ''],
      [2n, '0.96'],
      [1n, '0.95'],
    ]);
  });

  it('is added to and never changed, as the platform’s is', async () => {
    const granted = await ledger.query<{ name: string; privileges: string[] }>(
      `select grants.table_name as name, array_agg(distinct grants.privilege_type::text order by grants.privilege_type::text) as privileges
       from information_schema.role_table_grants as grants
       where grants.table_schema = 'ledger' and grants.table_name in ('exchange_rates', 'platform_rates')
         and grants.grantee like 'outlay_ledger%'
       group by 1 order by 1`,
    );
    expect(granted).toEqual([
      { name: 'exchange_rates', privileges: ['INSERT', 'SELECT'] },
      { name: 'platform_rates', privileges: ['INSERT', 'SELECT'] },
    ]);
  });

  it('has one rate of a pair and day, however many come at once', async () => {
    const tenant = await ledger.tenant();

    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => ledger.client.createExchangeRate(tenant.admin, usd)),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(new Set(refused.map(({ reason }) => reason.code))).toEqual(new Set(['exchange_rate_exists']));
    expect((await list(tenant, { source: 'tenant' })).exchangeRates.map(short)).toEqual([
      '2024-03-01 USD/EUR 0.95 tenant',
    ]);
  });

  it('changes nothing where the same is said again', async () => {
    const tenant = await ledger.tenant();
    const { id } = await rates.set(tenant, 'USD', 'EUR', '0.95', '2024-03-01');

    expect(await rates.correct(tenant, id, '0.950')).toMatchObject({ version: 1n });
    expect(await rateEvents(tenant)).toHaveLength(1);
  });

  it('gives the first answer again under the same key', async () => {
    const tenant = await ledger.tenant();
    const context = withKey(tenant.admin, newId());

    const first = await ledger.client.createExchangeRate(context, usd);
    const second = await ledger.client.createExchangeRate(context, usd);

    expect(second).toEqual({ ...first, replayed: true });
    await expect(ledger.client.createExchangeRate(context, { ...usd, rate: '2' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('refuses a version that is not the present one, and what is withdrawn or never was', async () => {
    const tenant = await ledger.tenant();
    const { id } = await rates.set(tenant, 'USD', 'EUR', '0.95', '2024-03-01');
    const correction = { exchangeRateId: id, rate: '0.96', provider: '' };
    await rates.correct(tenant, id, '0.97');

    await expect(ledger.client.correctExchangeRate(tenant.admin, { ...correction, version: 1n })).rejects.toMatchObject(
      {
        kind: 'precondition_failed',
        code: 'version_mismatch',
      },
    );
    await rates.withdraw(tenant, id);
    for (const exchangeRateId of [id, newId()]) {
      const refusal = { kind: 'not_found', code: 'exchange_rate_not_found' };
      await expect(
        ledger.client.correctExchangeRate(tenant.admin, { ...correction, exchangeRateId }),
      ).rejects.toMatchObject(refusal);
      await expect(rates.withdraw(tenant, exchangeRateId)).rejects.toMatchObject(refusal);
    }
  });

  it('keeps of a correction what it does not name', async () => {
    const tenant = await ledger.tenant();
    const { id: exchangeRateId } = await rates.set(tenant, 'USD', 'EUR', '0.95', '2024-03-01');
    const correct = async (changes: { rate?: string; provider?: string }) =>
      (await ledger.client.correctExchangeRate(tenant.admin, { exchangeRateId, ...changes })).exchangeRate;

    expect(await correct({ provider: 'Bank' })).toMatchObject({ rate: '0.95', provider: 'Bank', version: 2n });
    expect(await correct({ rate: '0.96' })).toMatchObject({ rate: '0.96', provider: 'Bank', version: 3n });
    expect(await correct({ provider: '' })).toMatchObject({ rate: '0.96', provider: '', version: 4n });
    expect(await correct({})).toMatchObject({ version: 4n });
  });

  it('is for owners and admins to change, for all of the tenant to read, and for nobody else', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { id } = await rates.set(tenant, 'USD', 'EUR', '0.95', '2024-03-01');

    for (const context of [tenant.member, tenant.analyst]) {
      await expect(ledger.client.createExchangeRate(context, usd)).rejects.toMatchObject({ code: 'role_required' });
      expect((await ledger.client.getExchangeRate(context, { exchangeRateId: id })).exchangeRate).toMatchObject({ id });
    }
    await expect(ledger.client.getExchangeRate(other.owner, { exchangeRateId: id })).rejects.toMatchObject({
      code: 'exchange_rate_not_found',
    });
    await expect(rates.correct(other, id, '2')).rejects.toMatchObject({ code: 'exchange_rate_not_found' });
    expect((await list(other, { source: 'tenant' })).exchangeRates).toEqual([]);
  });

  it.each([
    [{ rate: '0' }, 'rate'],
    [{ rate: '-1' }, 'rate'],
    [{ rate: '1e3' }, 'rate'],
    [{ rate: '0.1234567890123' }, 'rate'],
    [{ baseCurrency: 'XXZ' }, 'base_currency'],
    [{ quoteCurrency: 'USD' }, 'quote_currency'],
    [{ date: '2024-02-30' }, 'date'],
    [{ date: '1969-12-31' }, 'date'],
    [{ provider: 'p'.repeat(101) }, 'provider'],
  ])('refuses %j', async (wrong, field) => {
    const tenant = await ledger.tenant();

    await expect(ledger.client.createExchangeRate(tenant.admin, { ...usd, ...wrong })).rejects.toMatchObject({
      kind: 'invalid',
      details: [{ field }],
    });
  });
});

describe('the list of rates', () => {
  it('shows the tenant’s and the platform’s, newest day first, by filter and page by page', async () => {
    const tenant = await ledger.tenant();
    await rates.publish(
      { day: '2020-05-05', rates: { USD: '1.1', GBP: '0.9' } },
      { day: '2020-05-04', rates: { USD: '1.2', JPY: '120' } },
    );
    await rates.set(tenant, 'EUR', 'USD', '1.15', '2020-05-05');
    await rates.set(tenant, 'CHF', 'SEK', '9', '2020-05-04');
    const window = { dateFrom: '2020-05-04', dateTo: '2020-05-05' };

    const all = [
      '2020-05-05 EUR/GBP 0.9 platform',
      '2020-05-05 EUR/USD 1.15 tenant',
      '2020-05-05 EUR/USD 1.1 platform',
      '2020-05-04 CHF/SEK 9 tenant',
      '2020-05-04 EUR/JPY 120 platform',
      '2020-05-04 EUR/USD 1.2 platform',
    ];
    expect((await list(tenant, window)).exchangeRates.map(short)).toEqual(all);
    const paged: string[] = [];
    for (let cursor = ''; ; ) {
      const { exchangeRates, page } = await list(tenant, { ...window, page: { limit: 1, cursor } });
      paged.push(...exchangeRates.map(short));
      if (!page!.hasMore) break;
      cursor = page!.nextCursor;
    }
    expect(paged).toEqual(all);
    const only = async (filter: Partial<contract.ListExchangeRatesRequest>) =>
      (await list(tenant, { ...window, ...filter })).exchangeRates.map(short);
    expect(await only({ currency: 'USD', source: 'platform' })).toEqual([all[2], all[5]]);
    expect(await only({ currency: 'SEK' })).toEqual([all[3]]);
    expect(await only({ dateFrom: '2020-05-05', source: 'tenant' })).toEqual([all[1]]);
    await expect(only({ source: 'billed' })).rejects.toMatchObject({ details: [{ field: 'source' }] });
  });
});

describe('the list of rates of which some were corrected', () => {
  it('shows each once, as it is now', async () => {
    const tenant = await ledger.tenant();
    const day = '2020-06-02';
    await rates.publish({ day, rates: { USD: '1.1', GBP: '0.9' } });
    await rates.publish({ day, rates: { USD: '1.2', GBP: '0.9' } });
    await rates.publish({ day, rates: { USD: '1.3', GBP: '0.9' } });
    const { id } = await rates.set(tenant, 'CHF', 'SEK', '9', day);
    await rates.correct(tenant, id, '10');

    const { exchangeRates } = await list(tenant, { dateFrom: day, dateTo: day });

    expect(exchangeRates.map((rate) => `${short(rate)} ${rate.version}`)).toEqual([
      `${day} CHF/SEK 10 tenant 2`,
      `${day} EUR/GBP 0.9 platform 1`,
      `${day} EUR/USD 1.3 platform 3`,
    ]);
  });
});

describe('the rate in force', () => {
  const effective = (tenant: TestTenant, from: string, to: string, date: string) =>
    ledger.client.getEffectiveRate(tenant.member, { from, to, date });

  it('says what it was made from', async () => {
    const tenant = await ledger.tenant();
    await rates.publish({ day: '2020-06-05', rates: { USD: '1.25', GBP: '0.9' } });

    const { rate, legs } = await effective(tenant, 'USD', 'GBP', '2020-06-07');

    expect(rate).toEqual({ rate: '0.72', source: 'platform', date: '2020-06-05' });
    expect(legs).toEqual([
      {
        ...{ baseCurrency: 'EUR', quoteCurrency: 'USD', rate: '1.25' },
        ...{ date: '2020-06-05', source: 'platform', provider: 'ECB' },
      },
      {
        ...{ baseCurrency: 'EUR', quoteCurrency: 'GBP', rate: '0.9' },
        ...{ date: '2020-06-05', source: 'platform', provider: 'ECB' },
      },
    ]);
  });

  it('is the tenant’s own for the tenant alone, until it is withdrawn', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    await rates.publish({ day: '2020-07-03', rates: { USD: '1.25' } });
    const { id } = await rates.set(tenant, 'USD', 'EUR', '0.7', '2020-07-02');

    expect((await effective(tenant, 'USD', '', '2020-07-03')).rate).toMatchObject({ rate: '0.7', source: 'tenant' });
    expect((await effective(other, 'USD', '', '2020-07-03')).rate).toMatchObject({ rate: '0.8', source: 'platform' });
    await rates.withdraw(tenant, id);
    expect((await effective(tenant, 'USD', '', '2020-07-03')).rate).toMatchObject({ rate: '0.8', source: 'platform' });
  });

  it('is one between a currency and itself, and none where none is listed', async () => {
    const tenant = await ledger.tenant();

    expect(await effective(tenant, 'EUR', 'EUR', '2020-08-01')).toMatchObject({
      rate: { rate: '1', source: 'identity' },
    });
    await expect(effective(tenant, 'USD', 'EUR', '2001-08-01')).rejects.toMatchObject({
      kind: 'not_found',
      code: 'exchange_rate_not_found',
    });
  });
});
