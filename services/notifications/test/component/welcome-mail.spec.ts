import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { type Harness, startHarness } from './harness.ts';

describe.each(['rabbitmq', 'embedded'] as const)('the welcome mail, with the bus on %s', (on) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on });
    await eventually(async () => expect((await fetch(`${harness.opsUrl}/readyz`)).status).toBe(200));
  });
  afterAll(() => harness.stop());

  const mailTo = async (tenantId: string) => {
    const { rows } = await harness.administer('select id from notifications.deliveries where tenant_id = $1', [
      tenantId,
    ]);
    const mail = (await harness.outbox()).get(`${rows[0]?.id}.eml`);
    // Quoted-printable breaks long lines softly.
    return mail?.replaceAll('=\r\n', '');
  };

  it('goes to the owner of a new tenant and is kept in the log', async () => {
    const { tenantId } = await harness.register();

    const mail = await eventually(async () => {
      const found = await mailTo(tenantId);
      expect(found).toBeDefined();
      return found;
    });
    expect(mail).toMatch(/^To: Mara Lind <mara@acme\.example>\r$/m);
    expect(mail).toMatch(/^Subject: Welcome to Outlay, Mara\r$/m);
    expect(mail).toMatch(/^Content-Type: multipart\/alternative/m);
    expect(mail).toMatch(/^Workspace: acme\r$/m);
    await eventually(async () =>
      expect(await harness.deliveriesOf(tenantId)).toMatchObject([
        {
          kind: 'welcome',
          recipient: 'mara@acme.example',
          subject: 'Welcome to Outlay, Mara',
          provider: 'outbox',
          status: 'sent',
          attempts: 1,
          error: '',
        },
      ]),
    );
    expect(await harness.deliveriesOf(toTenantId(newId()))).toEqual([]);
  });

  it('goes out once however often the event comes', async () => {
    const { tenantId } = await harness.register({}, 5);

    await eventually(async () => expect(await harness.deliveriesOf(tenantId)).toMatchObject([{ status: 'sent' }]));

    expect(await harness.attemptsOf(tenantId)).toMatchObject([{ attempt: 1, outcome: 'sent' }]);
  });

  it('shows a name with markup and line breaks as what it is', async () => {
    const owner = {
      userId: newId(),
      email: 'eve@acme.example',
      firstName: 'Eve\r\nBcc: all@acme.example',
      lastName: '<b>"Ü"</b>',
    };

    const { tenantId } = await harness.register({ name: '<script>alert(1)</script>', owner });

    const mail = await eventually(async () => {
      const found = await mailTo(tenantId);
      expect(found).toBeDefined();
      return found;
    });
    expect(mail).not.toMatch(/^Bcc:/m);
    expect(mail).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});

describe('the log of mails', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.stop());

  it('comes in pages, newest first', async () => {
    const { tenantId } = await harness.register();
    await eventually(async () => expect(await harness.deliveriesOf(tenantId)).toHaveLength(1));
    const { rows } = await harness.administer(
      `insert into notifications.deliveries
      select
        d.tenant_id, ('ffffffff-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, d.kind, gen_random_uuid(), d.slot,
        d.recipient, d.recipient_name, d.subject, d.parameters, 'sent', 1, null, d.provider, null, null, now(), now()
      from notifications.deliveries as d, generate_series(1, 6) as n
      where d.tenant_id = $1
      returning id`,
      [tenantId],
    );
    const as = harness.as({ tenantId, role: 'admin' });

    const first = await harness.client.listDeliveries(as, { page: { limit: 4, cursor: '' } });
    const second = await harness.client.listDeliveries(as, { page: { limit: 4, cursor: first.page!.nextCursor } });

    expect(first.page).toMatchObject({ hasMore: true, limit: 4 });
    expect(second.page).toEqual({ hasMore: false, limit: 4, nextCursor: '' });
    const ids = [...first.deliveries, ...second.deliveries].map((delivery) => delivery.id);
    expect(ids.slice(0, 6)).toEqual(rows.map((row) => row.id).reverse());
    expect(ids).toHaveLength(7);
  });

  it.each([
    [{ limit: 201, cursor: '' }, 'out_of_range'],
    [{ limit: -1, cursor: '' }, 'out_of_range'],
    [{ limit: 0, cursor: 'bm90IGFuIGlk' }, 'cursor_invalid'],
  ])('refuses the page %j', async (page, code) => {
    const listing = harness.client.listDeliveries(harness.as({ tenantId: newId(), role: 'owner' }), { page });

    await expect(listing).rejects.toMatchObject({ kind: 'invalid', details: [{ code }] });
  });

  it('is for owners and admins alone', async () => {
    for (const role of ['analyst', 'member'] as const) {
      const listing = harness.client.listDeliveries(harness.as({ tenantId: newId(), role }), { page: undefined });

      await expect(listing).rejects.toMatchObject({ kind: 'forbidden' });
    }
  });
});
