import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { exampleOf, type Harness, startHarness } from './harness.ts';
import { sealToken } from './token-box.ts';

describe('the list of a tenant’s mails', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on: 'embedded' });
  });
  afterAll(() => harness.stop());

  const withToken = () => {
    const requestId = newId();
    return { requestId, sealedToken: sealToken('a-token', requestId), expiresAt: new Date(Date.now() + 60_000) };
  };

  it('does not tell whom a mail about signing in reached, nor what they did, but that and when it left', async () => {
    const tenantId = toTenantId(newId());
    const person = { userId: newId(), email: 'private@elsewhere.example', firstName: 'Maraike' };
    const verification = 'outlay.identity.email_verification.requested.v1';
    const reset = 'outlay.identity.password_reset.requested.v1';
    const changed = 'outlay.identity.credentials.changed.v1';
    await harness.announce(
      tenantId,
      verification,
      exampleOf(verification, { ...person, ...withToken(), isChange: true }),
    );
    await harness.announce(tenantId, reset, exampleOf(reset, { ...person, ...withToken() }));
    await harness.announce(
      tenantId,
      changed,
      exampleOf(changed, { ...person, changeId: newId(), change: 'totp_enabled' }),
    );

    const listed = await eventually(async () => {
      const found = await harness.deliveriesOf(tenantId);
      expect(found.map(({ status }) => status)).toEqual(['sent', 'sent', 'sent']);
      return found;
    });

    const told = listed.map(({ kind, recipient, subject, sentAt }) => [kind, recipient, subject, sentAt]);
    expect(told.sort()).toEqual([
      ['credentials_changed', '', 'The way you sign in to Outlay was changed', expect.any(Date)],
      ['email_verification', '', 'Confirm your address for Outlay', expect.any(Date)],
      ['password_reset', '', 'Choose a new password for Outlay', expect.any(Date)],
    ]);
    expect(listed.map((delivery) => Object.values(delivery).join(' ')).join()).not.toMatch(
      /private|elsewhere|maraike/i,
    );
    expect((await harness.mailsOf(tenantId, 'email_verification')).join()).toContain('private@elsewhere.example');
  });

  it('tells whom a welcome mail and an invitation reached', async () => {
    const invited = 'outlay.identity.invitation.sent.v1';
    const { tenantId } = await harness.register();
    const { requestId: invitationId, ...token } = withToken();

    await harness.announce(tenantId, invited, exampleOf(invited, { ...token, invitationId }));

    await eventually(async () => {
      const told = (await harness.deliveriesOf(tenantId)).map(({ recipient, subject }) => [recipient, subject]);
      expect(told.sort()).toEqual([
        ['ida@acme.example', 'Join Acme on Outlay'],
        ['mara@acme.example', 'Welcome to Outlay, Mara'],
      ]);
    });
  });
});
