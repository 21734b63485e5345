import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform } from '@outlay/testkit';
import { importFile } from '../drivers/imports.ts';
import { readSummary } from '../drivers/month-summary.ts';
import { createOutlayClient, type OutlayClient } from '../drivers/outlay-client.ts';
import { platformAdminEnvironment, registerProfessional } from '../drivers/platform-admin.ts';
import { expectedSummary, purchaseCardFiles, readPurchaseCards } from '../drivers/purchase-cards.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

describe.each(['embedded', 'rabbitmq'] as const)('the main job, with the bus on %s', (bus) => {
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  let outlay: OutlayClient;

  beforeAll(async () => {
    platform = await startPlatform({ bus, environment: platformAdminEnvironment });
    outlay = createOutlayClient(platform.gatewayUrl);
  });
  afterAll(() => platform.stop());

  it.each(purchaseCardFiles)(
    'imports the card file of $month and reads it back to the penny',
    async (file) => {
      const tenant = await registerProfessional(platform, { currency: 'GBP' });
      const bystander = await outlay.registerTenant({ currency: 'GBP' });

      const done = await importFile(tenant, readPurchaseCards(file));

      expect(done).toMatchObject({ status: 'completed', duplicates: 0 });
      expect(done.imported + done.refused).toBe(done.rows_total);
      await eventually(
        async () => expect(await readSummary(tenant, file.month)).toEqual(expectedSummary(file, file.month)),
        {
          timeoutMs: 60_000,
        },
      );
      expect(await readSummary(bystander, file.month)).toMatchObject({ total: '0.00', count: 0 });
    },
    90_000,
  );

  it('adds nothing when the same file comes again', async () => {
    const file = purchaseCardFiles[0];
    const tenant = await registerProfessional(platform, { currency: 'GBP' });
    const first = await importFile(tenant, readPurchaseCards(file));

    const again = await importFile(tenant, readPurchaseCards(file));

    expect(again).toMatchObject({
      status: 'completed',
      imported: 0,
      duplicates: first.imported,
      refused: first.refused,
    });
    await eventually(
      async () => expect(await readSummary(tenant, file.month)).toEqual(expectedSummary(file, file.month)),
      {
        timeoutMs: 60_000,
      },
    );
  });

  it('shows a recorded, an edited and a deleted expense in the summary soon after', async () => {
    const tenant = await outlay.registerTenant({ currency: 'EUR' });
    const category = (await tenant.call('POST', '/categories', { name: 'Office' })).body;
    const account = (await tenant.call('POST', '/accounts', { name: 'Card', kind: 'card', currency: 'EUR' })).body;
    const project = (await tenant.call('POST', '/projects', { name: 'Website' })).body;
    const totalIs = (total: string) =>
      eventually(async () => expect((await readSummary(tenant, '2025-01')).total).toBe(total));

    const recorded = await tenant.call('POST', '/expenses', {
      amount: '125.50',
      currency: 'EUR',
      title: 'Chairs',
      description: 'Two of them',
      category_id: category.id,
      account_id: account.id,
      project_id: project.id,
      expense_date: '2025-01-15',
      payment_method: 'credit_card',
      tags: ['office', 'supplies'],
    });
    expect(recorded.status).toBe(201);
    await totalIs('125.50');

    const edited = await tenant.call('PATCH', `/expenses/${recorded.body.id}`, { amount: '100.00' });
    expect(edited).toMatchObject({ status: 200, body: { amount: '100.00', title: 'Chairs', version: 2 } });
    await totalIs('100.00');

    await tenant.call('DELETE', `/expenses/${recorded.body.id}`);
    await totalIs('0.00');
    expect((await tenant.call('GET', '/expenses')).body.data).toEqual([]);
  });

  it('answers a repeated write with its first answer', async () => {
    const tenant = await outlay.registerTenant({ currency: 'EUR' });
    const expense = { amount: '9.99', currency: 'EUR', title: 'Tea', expense_date: '2025-02-01' };
    const key = { 'idempotency-key': randomUUID() };

    const [first, ...rest] = await Promise.all(
      Array.from({ length: 5 }, () => tenant.call('POST', '/expenses', expense, key)),
    );
    const other = await tenant.call('POST', '/expenses', { ...expense, amount: '1.00' }, key);

    expect(new Set([first, ...rest].map((answer) => answer?.body.id)).size).toBe(1);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect((await tenant.call('GET', '/expenses')).body.data).toHaveLength(1);
  });

  it('binds a key to what the client sent, whatever the expense has become since', async () => {
    const tenant = await outlay.registerTenant({ currency: 'EUR' });
    const tea = { amount: '9.99', currency: 'EUR', title: 'Tea', expense_date: '2025-02-01' };
    const path = `/expenses/${(await tenant.call('POST', '/expenses', tea)).body.id}`;
    const [first, second] = [{ 'idempotency-key': randomUUID() }, { 'idempotency-key': randomUUID() }];

    await tenant.call('PATCH', path, { amount: '5.00' }, first);
    await tenant.call('PATCH', path, { title: 'Green tea' }, second);
    await tenant.call('PATCH', path, { amount: '6.00' });
    const repeated = await tenant.call('PATCH', path, { amount: '5.00' }, first);
    const other = await tenant.call('PATCH', path, { title: 'Green tea', category_id: null }, second);

    expect(repeated).toMatchObject({ status: 200, body: { amount: '5.00', version: 2 } });
    expect(repeated.headers.get('idempotent-replayed')).toBe('true');
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect((await tenant.call('GET', path)).body).toMatchObject({ amount: '6.00', version: 4 });
  });

  it('loses neither half of an amount when both are changed at once', async () => {
    const tenant = await outlay.registerTenant({ currency: 'EUR' });
    const tea = { amount: '9.99', currency: 'EUR', title: 'Tea', expense_date: '2025-02-01' };
    const path = `/expenses/${(await tenant.call('POST', '/expenses', tea)).body.id}`;

    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        tenant.call('PATCH', path, index % 2 ? { amount: `${index}.00` } : { title: `Tea ${index}` }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await tenant.call('GET', path)).body).toMatchObject({ currency: 'EUR', version: 7 });
  });

  it('keeps tenants apart', async () => {
    const tenant = await outlay.registerTenant({ currency: 'EUR' });
    const stranger = await outlay.registerTenant({ currency: 'EUR' });
    const { body } = await tenant.call('POST', '/expenses', {
      amount: '9.99',
      currency: 'EUR',
      title: 'Tea',
      expense_date: '2025-02-01',
    });

    for (const [method, change] of [['GET'], ['PATCH', { title: 'Mine' }], ['DELETE']] as const) {
      expect(await stranger.call(method, `/expenses/${body.id}`, change)).toMatchObject({ status: 404 });
    }
    expect((await tenant.call('GET', `/expenses/${body.id}`)).body).toMatchObject({ title: 'Tea', status: 'posted' });
  });

  it('greets a new owner by mail and has them confirm their address, each once', async () => {
    const tenant = await outlay.registerTenant();

    const mails = [
      ['email_verification', null],
      ['welcome', tenant.email],
    ].map(([kind, recipient]) => expect.objectContaining({ kind, recipient, status: 'sent' }));
    const deliveries = async () => (await tenant.call('GET', '/notifications/deliveries')).body.data;
    await eventually(async () => {
      const found = await deliveries();
      expect(found.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual(mails);
    });
  });

  it('arrives at the same figures when they are rebuilt from the ledger', async () => {
    const file = purchaseCardFiles[1];
    const tenant = await registerProfessional(platform, { currency: 'GBP' });
    await importFile(tenant, readPurchaseCards(file));
    await eventually(
      async () => expect(await readSummary(tenant, file.month)).toEqual(expectedSummary(file, file.month)),
      {
        timeoutMs: 60_000,
      },
    );

    const rebuilt = await tenant.call('POST', '/admin/reporting/rebuild', {});

    expect(rebuilt).toMatchObject({ status: 200, body: { repaired: 0 } });
    expect(await readSummary(tenant, file.month)).toEqual(expectedSummary(file, file.month));
  });

  it('loses nothing while reporting is away', async () => {
    const tenant = await outlay.registerTenant({ currency: 'EUR' });
    await platform.stopService('reporting');
    const away = await tenant.call('GET', '/stats/summary?month=2025-03');
    const recorded = await tenant.call('POST', '/expenses', {
      amount: '42.00',
      currency: 'EUR',
      title: 'While it was away',
      expense_date: '2025-03-01',
    });
    expect(away.status).toBe(503);
    expect(recorded.status).toBe(201);

    await platform.startService('reporting');

    await eventually(async () => expect((await readSummary(tenant, '2025-03')).total).toBe('42.00'), {
      timeoutMs: 60_000,
    });
  });
});
