import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type TenantId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { exampleOf, type Harness, startHarness } from './harness.ts';
import { sealToken } from './token-box.ts';

const verification = 'outlay.identity.email_verification.requested.v1';
const reset = 'outlay.identity.password_reset.requested.v1';
const changed = 'outlay.identity.credentials.changed.v1';
const invited = 'outlay.identity.invitation.sent.v1';

const inAnHour = () => new Date(Date.now() + 3_600_000);
const newTenantId = () => toTenantId(newId());

/** A request as identity announces it, with a token that only the sender of mails can open. */
const resetOf = (token: string, changes: Partial<ReturnType<typeof exampleOf<typeof reset>>> = {}) => {
  const requestId = newId();
  return exampleOf(reset, { requestId, sealedToken: sealToken(token, requestId), expiresAt: inAnHour(), ...changes });
};

describe.each(['rabbitmq', 'embedded'] as const)('mails about people, with the bus on %s', (on) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on });
    await eventually(async () => expect((await fetch(`${harness.opsUrl}/readyz`)).status).toBe(200));
  });
  afterAll(() => harness.stop());

  const sentMails = (tenantId: TenantId, kind: string, count = 1) =>
    eventually(async () => {
      const mails = await harness.mailsOf(tenantId, kind);
      expect(mails).toHaveLength(count);
      return mails;
    });

  it('take the token of a password reset to the person, as a link and by itself', async () => {
    const tenantId = newTenantId();

    await harness.announce(tenantId, reset, resetOf('canary-reset-token'));

    const [mail] = await sentMails(tenantId, 'password_reset');
    expect(mail).toMatch(/^To: Mara <mara@acme\.example>\r$/m);
    expect(mail).toMatch(/^Subject: Choose a new password for Outlay\r$/m);
    expect(mail).toMatch(/^https:\/\/outlay\.test\/reset-password\?token=canary-reset-token\r$/m);
    expect(mail).toMatch(/^token: canary-reset-token\r$/m);
  });

  it('ask whether an address is the person’s', async () => {
    const [tenantId, requestId] = [newTenantId(), newId()];
    const sealedToken = sealToken('verify-me', requestId);

    const request = exampleOf(verification, { requestId, sealedToken, expiresAt: inAnHour() });
    await harness.announce(tenantId, verification, request);

    const [mail] = await sentMails(tenantId, 'email_verification');
    expect(mail).toMatch(/^https:\/\/outlay\.test\/verify-email\?token=verify-me\r$/m);
  });

  it('invite once for each time an invitation is sent, and go to nobody else', async () => {
    const [tenantId, invitationId] = [newTenantId(), newId()];
    const invite = (occasion: number) => {
      const sealedToken = sealToken(`join-${occasion}`, invitationId);
      const invitation = exampleOf(invited, { invitationId, occasion, sealedToken, expiresAt: inAnHour() });
      return harness.announce(tenantId, invited, invitation, 3);
    };

    await invite(1);
    await invite(2);

    const mails = await sentMails(tenantId, 'invitation', 2);
    expect(mails[0]).toMatch(/^To: ida@acme\.example\r$/m);
    expect(mails[0]).toContain('Mara Lind invites ida@acme.example to Acme');
    expect(mails.join()).toMatch(/accept-invitation\?token=join-1[\s\S]*accept-invitation\?token=join-2/);
  });

  it('tell of changed credentials once, however often the event comes', async () => {
    const tenantId = newTenantId();
    const change = exampleOf(changed, { changeId: newId() });

    await harness.announce(tenantId, changed, change, 5);
    await harness.announce(tenantId, changed, change);
    await harness.announce(tenantId, changed, { ...change, changeId: newId(), change: 'totp_enabled' });

    const mails = await sentMails(tenantId, 'credentials_changed', 2);
    expect(mails.map((mail) => /^Subject: (.*)\r$/m.exec(mail)?.[1])).toEqual([
      'Your Outlay password was changed',
      'Signing in to Outlay now takes a second step',
    ]);
  });

  it('are two for two resets in a row, and one for each however often it is announced', async () => {
    const tenantId = newTenantId();
    const [first, second] = [resetOf('first-token'), resetOf('second-token')];

    await harness.announce(tenantId, reset, first, 3);
    await harness.announce(tenantId, reset, second, 3);
    await harness.announce(tenantId, reset, first);

    const mails = await sentMails(tenantId, 'password_reset', 2);
    expect(mails.join()).toMatch(/token=first-token[\s\S]*token=second-token/);
    expect(await harness.attemptsOf(tenantId)).toHaveLength(2);
  });
});

describe('a token on its way into a mail', () => {
  let harness: Harness;
  const canary = 'canary-ZpR0t3ct3d';
  beforeAll(async () => {
    harness = await startHarness({
      on: 'embedded',
      // Repeats what it was given, as the answers of some services do.
      overrides: {
        mailer: {
          name: 'outbox',
          settleMs: 0,
          send: async (mail) => ({ kind: 'failed', error: `cannot take ${mail.text} for ${mail.to.address}` }),
          find: async () => ({ kind: 'absent' }),
        },
      },
    });
  });
  afterAll(() => harness.stop());

  it('can be read nowhere: not in the database, not in its bus, not in a list, not in an error', async () => {
    const tenantId = newTenantId();
    await harness.announce(tenantId, reset, resetOf(canary));

    const [delivery] = await eventually(async () => {
      const found = await harness.deliveriesOf(tenantId);
      expect(found).toMatchObject([{ kind: 'password_reset', status: 'pending', attempts: 1 }]);
      return found;
    });

    expect(delivery!.error).toMatch(/cannot take[\s\S]*token=\(the token\)[\s\S]*for \(the recipient\)/);
    expect(JSON.stringify(delivery, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))).not.toContain(
      canary,
    );
    const { rows } = await harness.administer(
      `select table_schema || '.' || quote_ident(table_name) as name
      from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
      [],
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { name } of rows) {
      const found = await harness.administer(
        `select 1 from ${name} as stored where stored::text like any ($1) limit 1`,
        // As it is, in base64, and as bytea is shown.
        [
          [canary, Buffer.from(canary).toString('base64').replaceAll('=', ''), Buffer.from(canary).toString('hex')].map(
            (text) => `%${text}%`,
          ),
        ],
      );
      expect([name, found.rowCount]).toEqual([name, 0]);
    }
  });
});

describe('a password reset behind a great many other mails', () => {
  it('is sent at once, and so is its next attempt', async () => {
    // Given a thousand mails that wait for their turn, at a provider that takes its time.
    const sent: string[] = [];
    let refusals = 1;
    const harness = await startHarness({
      on: 'embedded',
      overrides: {
        policy: { backoffMs: [100], leaseMs: 60_000 },
        mailer: {
          name: 'outbox',
          settleMs: 0,
          async send(mail) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            const isReset = mail.subject === 'Choose a new password for Outlay';
            if (isReset && refusals-- > 0) return { kind: 'failed', error: 'busy' };
            sent.push(mail.subject);
            return { kind: 'sent', providerMessageId: mail.deliveryId };
          },
          find: async () => ({ kind: 'absent' }),
        },
      },
    });
    try {
      const { tenantId } = await harness.register();
      await eventually(() => expect(sent).toHaveLength(1));
      await harness.administer(
        `with delivery as (
          insert into notifications.deliveries (
            tenant_id, id, kind, about_id, slot, recipient, recipient_name, subject, parameters, due_at, created_at
          )
          select d.tenant_id, gen_random_uuid(), d.kind, gen_random_uuid(), d.slot, 'mara@acme.example', '', d.subject,
            '{"firstName":"Mara","tenantName":"Acme","subdomain":"acme","email":"mara@acme.example"}', now(), now()
          from notifications.deliveries as d, generate_series(1, 1000)
          where d.tenant_id = $1
          returning tenant_id, id
        )
        select notifications_jobs.add_job(
          'send-mail', json_build_object('tenantId', tenant_id, 'deliveryId', id), job_key := 'send-mail ' || id
        )::text
        from delivery`,
        [tenantId],
      );
      await eventually(() => expect(sent.length).toBeGreaterThan(10));

      const ahead = sent.length;
      await harness.announce(newTenantId(), reset, resetOf('urgent'));
      await eventually(() => expect(sent).toContain('Choose a new password for Outlay'));

      expect(sent.indexOf('Choose a new password for Outlay') - ahead).toBeLessThan(500);
      expect(sent.length).toBeLessThan(900);
    } finally {
      await harness.stop();
    }
  });
});
