import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const path = '/api/v1/exchange-rates';
const rate = { base_currency: 'USD', quote_currency: 'EUR', rate: '0.972', date: '2025-01-15', provider: 'Treasury' };

describe('A tenant’s own exchange rate', () => {
  it('is given with 201, its place and its version', async () => {
    const answer = await gateway.fetch(path, { method: 'POST', json: rate });
    const body = await answer.json();
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"']);
    expect(answer.headers.get('location')).toBe(`${path}/${body.id}`);
    expect(body).toMatchObject({ ...rate, source: 'tenant', version: 1, recorded_by: expect.any(String) });
  });

  it('is corrected at the version that was seen', async () => {
    const id = newId();
    const answer = await gateway.fetch(`${path}/${id}`, {
      method: 'PUT',
      json: { rate: '0.98' },
      headers: { 'if-match': '"1"' },
    });
    expect(await answer.json()).toMatchObject({ id, rate: '0.98', provider: null, version: 2 });
    expect(gateway.lastCall('ledger', 'correctExchangeRate').request).toMatchObject({
      exchangeRateId: id,
      version: 1n,
    });
  });

  it('is corrected in part, where the rest stays as it is', async () => {
    const id = newId();
    const patch = (json: unknown) => gateway.fetch(`${path}/${id}`, { method: 'PATCH', json });
    const asked = () => gateway.lastCall('ledger', 'correctExchangeRate').request;

    expect(await (await patch({ rate: '0.98' })).json()).toMatchObject({ id, rate: '0.98', version: 2 });
    expect(asked()).toMatchObject({ rate: '0.98', provider: undefined });
    expect((await patch({ provider: null })).status).toBe(200);
    expect(asked()).toMatchObject({ rate: undefined, provider: '' });
    expect((await patch({})).status).toBe(422);
  });

  it('is withdrawn with 204, and still readable with all that it was', async () => {
    const id = newId();
    expect((await gateway.fetch(`${path}/${id}`, { method: 'DELETE' })).status).toBe(204);
    const read = await (await gateway.fetch(`${path}/${id}`)).json();
    expect(read).toMatchObject({ id, rate: null, revisions: [{ rate: null }, { rate: '0.972' }] });
  });

  it.each([
    [{ rate: 0.972 }, 'rate'],
    [{ rate: '0' }, 'rate'],
    [{ rate: '1e3' }, 'rate'],
    [{ quote_currency: 'USD' }, 'quote_currency'],
    [{ base_currency: 'XXZ' }, 'base_currency'],
    [{ date: '2025-02-30' }, 'date'],
  ])('is refused with %j', async (wrong, field) => {
    const answer = await gateway.fetch(path, { method: 'POST', json: { ...rate, ...wrong } });
    expect(answer.status).toBe(422);
    expect((await answer.json()).errors).toEqual([expect.objectContaining({ field })]);
  });
});

describe('Exchange rates', () => {
  it('are listed with those of the platform, which have no id', async () => {
    const { data } = await (await gateway.fetch(`${path}?currency=USD&source=tenant&date_from=2025-01-01`)).json();
    expect(data).toMatchObject([
      { source: 'tenant' },
      { id: null, source: 'platform', provider: 'ECB', recorded_by: null },
    ]);
    expect(gateway.lastCall('ledger', 'listExchangeRates').request).toMatchObject({
      ...{ currency: 'USD', source: 'tenant', dateFrom: '2025-01-01', dateTo: '' },
    });
  });

  it('say what is in force on a day, and what it was made from', async () => {
    const answer = await gateway.fetch(`${path}/effective?from=USD&date=2025-01-15`);
    expect(await answer.json()).toEqual({
      ...{ from: 'USD', to: 'EUR', rate: '0.8', source: 'platform', date: '2025-01-15' },
      legs: [
        {
          ...{ base_currency: 'EUR', quote_currency: 'USD', rate: '1.25' },
          ...{ date: '2025-01-15', source: 'platform', provider: 'ECB' },
        },
      ],
    });
    expect((await gateway.fetch(`${path}/effective?from=USD`)).status).toBe(422);
  });

  it('show what followed from their corrections', async () => {
    const { data } = await (await gateway.fetch(`${path}/restatements`)).json();
    expect(data).toMatchObject([
      {
        cause: 'platform_import',
        exchange_rate_id: null,
        status: 'pending',
        expenses_restated: 3,
        finished_at: null,
        expenses_left_out: 3,
        left_out: [{ reason: 'amount_out_of_range' }, { reason: 'no_rate' }, { reason: 'books_disagree' }],
      },
    ]);
  });
});

describe('A file of the platform’s rates', () => {
  const send = (body: string, type: string, token = gateway.token({ platformAdmin: true })) =>
    gateway.fetch('/api/v1/admin/exchange-rates/imports', {
      method: 'POST',
      token,
      body,
      headers: { 'content-type': type },
    });

  it('reaches the ledger as it is, with what it has brought for an answer', async () => {
    const answer = await send('<Envelope/>', 'text/xml; charset=utf-8');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ added: 11, skipped_currencies: ['XYQ'], date_from: '2025-01-15' });
  });

  it('is refused as anything but XML, empty, or beyond 20 MB', async () => {
    expect((await send('a,b', 'text/csv')).status).toBe(415);
    expect((await send('', 'application/xml')).status).toBe(422);
    expect((await send('x'.repeat(21 * 1024 * 1024), 'application/xml')).status).toBe(413);
  });

  it('is taken from those who run the platform, fresh from their log-in, and from nobody else', async () => {
    const stale = gateway.token({ platformAdmin: true, authTime: Math.floor(Date.now() / 1_000) - 3_600 });
    expect((await send('<a/>', 'application/xml', gateway.token())).status).toBe(403);
    expect((await (await send('<a/>', 'application/xml', stale)).json()).code).toBe('fresh_login_required');
  });
});
