import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type TenantId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { exampleOf, type Harness, startHarness } from './harness.ts';
import { sealToken } from './token-box.ts';

const erased = 'outlay.identity.person.erased.v1';
const changed = 'outlay.identity.credentials.changed.v1';
const invited = 'outlay.identity.invitation.sent.v1';
const joined = 'outlay.identity.member.joined.v1';

const invitationTo = (email: string) => {
  const invitationId = newId();
  const sealedToken = sealToken('join', invitationId);
  return exampleOf(invited, { invitationId, email, sealedToken, expiresAt: new Date(Date.now() + 60_000) });
};

describe('the erasure of a person', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on: 'embedded' });
  });
  afterAll(() => harness.stop());

  const statusesOf = async (tenantId: TenantId) => {
    const { rows } = await harness.administer(
      `select kind, status, coalesce(recipient, '') as recipient from notifications.deliveries where tenant_id = $1`,
      [tenantId],
    );
    return rows.map(({ kind, status, recipient }) => [kind, status, recipient]);
  };
  const allSent = (tenantId: TenantId, count: number) =>
    eventually(async () => {
      const found = await harness.deliveriesOf(tenantId);
      expect(found.map((delivery) => delivery.status)).toEqual(Array(count).fill('sent'));
    });
  /** Everything that is kept about mails of a tenant, as text. */
  const keptOf = async (tenantId: TenantId) => {
    const { rows } = await harness.administer(
      `select d::text || coalesce(string_agg(a::text, ''), '') as kept
      from notifications.deliveries as d left join notifications.delivery_attempts as a on a.delivery_id = d.id
      where d.tenant_id = $1 group by d.*`,
      [tenantId],
    );
    return rows.map((row) => row.kept).join('\n');
  };
  const owner = (email: string) => ({ userId: newId(), email, firstName: 'Maraike', lastName: 'Lindqvist' });
  const erase = (tenantId: TenantId, userId: string, invitationIds: string[] = []) =>
    harness.announce(tenantId, erased, { userId, erasedAt: new Date(), invitationIds }, 2);
  const inboxHas = (tenantId: TenantId, count: number) =>
    eventually(async () => {
      const { rows } = await harness.administer(
        'select count(*)::int as count from notifications.inbox where tenant_id = $1',
        [tenantId],
      );
      expect(rows[0].count).toBe(count);
    });

  it('blanks recipient, name, subject and parameters of all their mails in the tenant, and of nobody else’s', async () => {
    const person = owner('maraike@acme.example');
    const { tenantId } = await harness.register({ owner: person });
    const others = await harness.register({ owner: person });
    const colleague = exampleOf(changed, { userId: newId(), email: 'ida@acme.example', changeId: newId() });
    const own = exampleOf(changed, { ...person, changeId: newId(), change: 'password_changed' });
    await harness.announce(tenantId, changed, colleague);
    await harness.announce(tenantId, changed, own);
    await allSent(tenantId, 3);
    await allSent(others.tenantId, 1);

    await erase(tenantId, person.userId);

    await eventually(async () =>
      expect((await statusesOf(tenantId)).sort()).toEqual([
        ['credentials_changed', 'sent', ''],
        ['credentials_changed', 'sent', 'ida@acme.example'],
        ['welcome', 'sent', ''],
      ]),
    );
    expect(await keptOf(tenantId)).not.toMatch(/maraike|lindqvist/i);
    expect(await keptOf(others.tenantId)).toMatch(/maraike/);
  });

  it('reaches the invitation by which the person came, once they have joined', async () => {
    const { tenantId } = await harness.register();
    const userId = newId();
    await harness.announce(tenantId, invited, invitationTo('Zora@acme.example'));
    await allSent(tenantId, 2);

    await harness.announce(tenantId, joined, exampleOf(joined, { userId, email: 'zora@acme.example' }));
    await eventually(async () => {
      const { rows } = await harness.administer('select 1 from notifications.deliveries where user_id = $1', [userId]);
      expect(rows).toHaveLength(1);
    });
    await erase(tenantId, userId);

    await eventually(async () => expect(await keptOf(tenantId)).not.toMatch(/zora/i));
  });

  it('reaches an invitation that they never accepted, and no other', async () => {
    const { tenantId } = await harness.register();
    const [theirs, another] = [invitationTo('zora@acme.example'), invitationTo('ida@acme.example')];
    await harness.announce(tenantId, invited, theirs);
    await harness.announce(tenantId, invited, another);
    await allSent(tenantId, 3);

    await erase(tenantId, newId(), [theirs.invitationId]);

    await eventually(async () => expect(await keptOf(tenantId)).not.toMatch(/zora/i));
    expect((await statusesOf(tenantId)).sort()).toEqual([
      ['invitation', 'sent', ''],
      ['invitation', 'sent', 'ida@acme.example'],
      ['welcome', 'sent', 'mara@acme.example'],
    ]);
  });

  it('keeps back an invitation of theirs that comes after it', async () => {
    const { tenantId } = await harness.register();
    const [theirs, another] = [invitationTo('zora@acme.example'), invitationTo('ida@acme.example')];
    await allSent(tenantId, 1);
    await erase(tenantId, newId(), [theirs.invitationId]);
    await inboxHas(tenantId, 2);

    await harness.announce(tenantId, invited, theirs);
    await harness.announce(tenantId, invited, another);

    await inboxHas(tenantId, 4);
    await allSent(tenantId, 2);
    expect(await keptOf(tenantId)).not.toMatch(/zora/i);
  });

  it('forgets invitations that are sent at the same moment', async () => {
    const { tenantId } = await harness.register();
    const invitations = Array.from({ length: 12 }, () => invitationTo('zora@acme.example'));

    await Promise.all(
      invitations.flatMap((invitation) => [
        harness.announce(tenantId, invited, invitation),
        erase(tenantId, newId(), [invitation.invitationId]),
      ]),
    );

    await inboxHas(tenantId, 1 + 2 * invitations.length);
    await eventually(async () => expect(await keptOf(tenantId)).not.toMatch(/zora/i));
  });

  it('is final: an event about the person that comes after it has no mail', async () => {
    const person = owner('maraike@acme.example');
    const { tenantId } = await harness.register({ owner: person });
    await allSent(tenantId, 1);
    await erase(tenantId, person.userId);
    await eventually(async () => expect(await statusesOf(tenantId)).toEqual([['welcome', 'sent', '']]));

    await harness.announce(tenantId, changed, exampleOf(changed, { ...person, changeId: newId() }));
    await harness.announce(tenantId, changed, exampleOf(changed, { userId: newId(), changeId: newId() }));

    await eventually(async () => expect(await statusesOf(tenantId)).toHaveLength(2));
    expect(await keptOf(tenantId)).not.toMatch(/maraike/i);
  });

  it('forgets what is asked for at the same moment', async () => {
    const { tenantId } = await harness.register();
    const people = Array.from({ length: 12 }, () => owner('maraike@acme.example'));

    await Promise.all(
      people.flatMap((person) => [
        harness.announce(tenantId, changed, exampleOf(changed, { ...person, changeId: newId() })),
        erase(tenantId, person.userId),
      ]),
    );

    // The registration, and of each person the change and, as it was announced twice, one erasure.
    await inboxHas(tenantId, 1 + 2 * people.length);
    await eventually(async () => expect(await keptOf(tenantId)).not.toMatch(/maraike/i));
  });
});

describe('the erasure of somebody whose invitation has not left', () => {
  it('cancels it, and the provider never gets it', async () => {
    let tries = 0;
    const harness = await startHarness({
      on: 'embedded',
      overrides: {
        policy: { backoffMs: [1_500], leaseMs: 60_000 },
        mailer: {
          name: 'outbox',
          settleMs: 0,
          send: async () => {
            tries += 1;
            return { kind: 'failed', error: 'busy' };
          },
          find: async () => ({ kind: 'absent' }),
        },
      },
    });
    try {
      const tenantId = toTenantId(newId());
      const invitation = invitationTo('zora@acme.example');
      await harness.announce(tenantId, invited, invitation);
      await eventually(async () =>
        expect(await harness.deliveriesOf(tenantId)).toMatchObject([{ status: 'pending', attempts: 1 }]),
      );

      const erasure = { userId: newId(), erasedAt: new Date(), invitationIds: [invitation.invitationId] };
      await harness.announce(tenantId, erased, erasure);

      await eventually(async () =>
        expect(await harness.deliveriesOf(tenantId)).toMatchObject([{ status: 'cancelled', recipient: '' }]),
      );
      await eventually(async () => {
        const { rows } = await harness.administer(
          "select key from notifications_jobs.jobs where key like 'send-mail %'",
          [],
        );
        expect(rows).toEqual([]);
      });
      expect(tries).toBe(1);
    } finally {
      await harness.stop();
    }
  });
});
