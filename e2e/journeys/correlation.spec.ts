import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform, type TestPlatform } from '@outlay/testkit';
import { createOutlayClient, type OutlayClient, ownerPassword } from '../drivers/outlay-client.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

let platform: TestPlatform;
let outlay: OutlayClient;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded' });
  outlay = createOutlayClient(platform.gatewayUrl);
});
afterAll(() => platform?.stop());

interface Told {
  type: string;
  correlationid: string;
  causationid: string | null;
}

/** What requests brought about in a service about a tenant, as it went to the bus; what the ledger does by itself is told apart. */
function eventsOf(service: string, tenantId: string): Promise<Told[]> {
  return platform.database.query<Told>(
    `select envelope ->> 'type' as type, envelope ->> 'correlationid' as correlationid,
       envelope ->> 'causationid' as causationid
     from ${service}.outbox
     where tenant_id = $1
       and envelope ->> 'type' <> all (
         array['outlay.ledger.usage.changed.v1', 'outlay.ledger.journal.sealed.v1', 'outlay.ledger.audit.sealed.v1']
       )
     order by seq`,
    [tenantId],
  );
}

describe('what a client calls an undertaking', () => {
  /** Asked again where it takes longer than its deadline, which makes no difference to what is told. */
  const register = (subdomain: string, headers: Record<string, string>) =>
    eventually(async () => {
      const answer = await outlay.call(
        'POST',
        '/auth/register',
        {
          ...{ name: 'Journey Ltd', subdomain, owner_email: `owner@${subdomain}.example` },
          ...{ owner_password: ownerPassword, owner_first_name: 'Mara', owner_last_name: 'Lind' },
        },
        { 'idempotency-key': subdomain, ...headers },
      );
      expect(answer.status).toBe(201);
    });

  it('stands in every event that its requests bring about, in whichever service', async () => {
    const correlation = `undertaking-${randomUUID()}`;
    const headers = { 'x-correlation-id': correlation };
    const subdomain = `t-${randomUUID()}`;

    await register(subdomain, headers);
    const tenant = await outlay.signIn(`owner@${subdomain}.example`, ownerPassword);
    const expense = { amount: '12.50', currency: 'USD', title: 'Lunch', expense_date: '2025-01-15' };
    const recorded = await eventually(async () => {
      const answer = await tenant.call('POST', '/expenses', expense, { 'idempotency-key': subdomain, ...headers });
      expect(answer.status).toBe(201);
      return answer;
    });

    expect(recorded.headers.get('x-correlation-id')).toBe(correlation);
    expect(recorded.headers.get('x-request-id')).not.toBe(correlation);
    const registration = await eventsOf('tenancy_billing', tenant.tenantId);
    expect(registration.map(({ type }) => type)).toContain('outlay.tenancy.tenant.registered.v1');
    const books = await eventsOf('ledger', tenant.tenantId);
    expect(books.map(({ type }) => type)).toContain('outlay.ledger.expense.recorded.v1');
    for (const event of [...registration, ...books]) {
      expect([event.type, event.correlationid]).toEqual([event.type, correlation]);
    }
  });

  it('is followed through the event that caused another', async () => {
    const correlation = `undertaking-${randomUUID()}`;
    const subdomain = `t-${randomUUID()}`;

    await register(subdomain, { 'x-correlation-id': correlation });

    const { tenantId } = await outlay.signIn(`owner@${subdomain}.example`, ownerPassword);
    await eventually(async () => {
      const joined = (await eventsOf('identity', tenantId)).find(({ type }) => /member\.joined/.test(type));
      expect(joined).toMatchObject({ correlationid: correlation });
    });
  });

  it('is not needed: the request stands for itself', async () => {
    const tenant = await outlay.registerTenant();

    const { headers } = await tenant.call('POST', '/categories', { name: 'Office' });

    const created = (await eventsOf('ledger', tenant.tenantId)).at(-1);
    expect(headers.get('x-correlation-id')).toBe(headers.get('x-request-id'));
    expect(created?.correlationid).toBe(headers.get('x-request-id'));
  });
});
