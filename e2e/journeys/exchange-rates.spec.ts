import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform } from '@outlay/testkit';
import { readSummary } from '../drivers/month-summary.ts';
import { createOutlayClient, type OutlayClient, type SignedIn } from '../drivers/outlay-client.ts';
import { platformAdmin, platformAdminEnvironment } from '../drivers/platform-admin.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const ecbFile = (day: string, rates: Record<string, string>): string => {
  const cubes = Object.entries(rates).map(([currency, rate]) => `<Cube currency='${currency}' rate='${rate}'/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <Cube><Cube time='${day}'>${cubes.join('')}</Cube></Cube>
</gesmes:Envelope>`;
};

describe('an expense abroad', () => {
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  let outlay: OutlayClient;
  let admin: SignedIn;

  beforeAll(async () => {
    platform = await startPlatform({ bus: 'embedded', environment: platformAdminEnvironment });
    outlay = createOutlayClient(platform.gatewayUrl);
    admin = await outlay.signIn(platformAdmin.email, platformAdmin.password);
  });
  afterAll(() => platform.stop());

  const publish = (day: string, rates: Record<string, string>) =>
    admin.call('POST', '/admin/exchange-rates/imports', ecbFile(day, rates), { 'content-type': 'application/xml' });

  const spend = async (tenant: SignedIn) => {
    const expense = { amount: '100.00', currency: 'USD', title: 'Hotel', expense_date: '2025-03-08' };
    return (await tenant.call('POST', '/expenses', expense)).body;
  };

  const totalOf = async (tenant: SignedIn) => {
    const { total, count } = await readSummary(tenant, '2025-03');
    return { total, count };
  };

  it('is in every figure at the rate of its day, and follows when that is corrected', async () => {
    const [european, british] = [
      await outlay.registerTenant({ currency: 'EUR' }),
      await outlay.registerTenant({ currency: 'GBP' }),
    ];
    expect(await publish('2025-03-07', { USD: '1.25', GBP: '0.80' })).toMatchObject({
      status: 200,
      body: { added: 2 },
    });

    const expense = await spend(european);
    await spend(british);

    expect(expense).toMatchObject({
      ...{ amount: '100.00', currency: 'USD', booked_amount: '80.00', booked_currency: 'EUR' },
      exchange_rate: { rate: '0.8', source: 'platform', date: '2025-03-07' },
    });
    await eventually(async () => expect(await totalOf(european)).toEqual({ total: '80.00', count: 1 }), {
      timeoutMs: 60_000,
    });

    expect(await publish('2025-03-07', { USD: '1.60', GBP: '0.80' })).toMatchObject({
      body: { added: 0, corrected: 1, unchanged: 1 },
    });

    await eventually(
      async () => {
        expect(await totalOf(european)).toEqual({ total: '62.50', count: 1 });
        expect(await totalOf(british)).toEqual({ total: '50.00', count: 1 });
      },
      { timeoutMs: 60_000 },
    );
    const own = { base_currency: 'USD', quote_currency: 'EUR', rate: '0.9', date: '2025-03-08' };
    expect((await european.call('POST', '/exchange-rates', own)).status).toBe(201);
    await eventually(async () => expect(await totalOf(european)).toEqual({ total: '90.00', count: 1 }), {
      timeoutMs: 60_000,
    });
    expect(await totalOf(british)).toEqual({ total: '50.00', count: 1 });
    const { body } = await european.call('GET', `/expenses/${expense.id}`);
    expect(body).toMatchObject({ booked_amount: '90.00', exchange_rate: { source: 'tenant' }, version: 3 });
    const trial = await european.call('GET', '/ledger/trial-balance');
    expect(trial.body).toMatchObject({ balanced: true });
    const { body: followed } = await european.call('GET', '/exchange-rates/restatements');
    expect(followed.data).toMatchObject([
      { cause: 'tenant_rate', status: 'completed', expenses_restated: 1 },
      { cause: 'platform_import', status: 'completed', expenses_restated: 1 },
    ]);
  });
});
