import { describe, expect, it } from '@jest/globals';
import { createSecretBox } from '@outlay/platform';
import { createLetterhead } from './letterhead.ts';
import type { MailDraft } from './mail-template.ts';
import { templates } from './templates.ts';

const secret = 'a secret of the tests';
const letterhead = createLetterhead({ publicUrl: 'https://outlay.test', serviceClientSecret: secret });
const write = (draft: MailDraft) => ({ subject: draft.subject, ...draft.write(letterhead) });
const sealed = (token: string, boundTo = 'request-1') => ({
  sealed: createSecretBox([secret], 'mail token').seal(token, boundTo).toString('base64'),
  boundTo: 'request-1',
});

const parameters = { firstName: 'Mara', tenantName: 'Acme', subdomain: 'acme', email: 'mara@acme.example' };

describe('the welcome mail', () => {
  it('names the person, the tenant, the workspace and the address in both forms', () => {
    const mail = write(templates.welcome(parameters));

    expect(mail.subject).toBe('Welcome to Outlay, Mara');
    for (const body of [mail.text, mail.html]) {
      for (const value of Object.values(parameters)) expect(body).toContain(value);
    }
  });

  it('shows markup in a name as text', () => {
    const mail = write(templates.welcome({ ...parameters, tenantName: `<img src=x onerror="alert('1')"> & Sons` }));

    expect(mail.html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; Sons');
    expect(mail.html).not.toContain('<img');
    expect(mail.text).toContain('<img');
  });

  it('keeps the subject on one line', () => {
    const mail = write(templates.welcome({ ...parameters, firstName: 'Mara\r\nBcc: everyone@example.com' }));

    expect(mail.subject).toBe('Welcome to Outlay, Mara Bcc: everyone@example.com');
  });

  it('refuses parameters that are not its own', () => {
    expect(() => templates.welcome({ firstName: 'Mara' })).toThrow(/tenantName/);
  });
});

const withToken = {
  firstName: 'Mara',
  email: 'mara@acme.example',
  expiresAt: '2025-01-16T10:00:00.000Z',
  token: sealed('TOKEN_-123'),
};
const invitation = {
  ...withToken,
  role: 'analyst',
  inviterName: 'Ida Berg',
  tenantName: 'Acme',
  subdomain: 'acme',
};

describe.each([
  [
    'the verification of an address',
    () => templates.email_verification({ ...withToken, isChange: false }),
    'verify-email',
  ],
  [
    'the verification of a new address',
    () => templates.email_verification({ ...withToken, isChange: true }),
    'verify-email',
  ],
  ['the mail for a new password', () => templates.password_reset(withToken), 'reset-password'],
  ['the invitation', () => templates.invitation(invitation), 'accept-invitation'],
])('%s', (_name, draft, path) => {
  it('has a link with the token, the bare token in a line of its own, and its end in words', () => {
    const { text, html } = write(draft());

    expect(text).toContain(`\n\nhttps://outlay.test/${path}?token=TOKEN_-123\n\n`);
    expect(text).toMatch(/^token: TOKEN_-123$/m);
    expect(html).toContain(`<a href="https://outlay.test/${path}?token=TOKEN_-123">`);
    expect(html).toContain('>token: TOKEN_-123</p>');
    for (const body of [text, html]) {
      expect(body).toContain('Thursday, 16 January 2025 at 10:00 UTC');
      expect(body).toContain('mara@acme.example');
    }
    expect(text).toMatch(/If (it was not you|you did not expect it)/);
  });

  it('opens the token only when it is written, and tells neither in its subject', () => {
    const { subject, expiresAt } = draft();

    expect(subject).not.toMatch(/TOKEN|mara|Mara|Ida/);
    expect(expiresAt).toEqual(new Date('2025-01-16T10:00:00.000Z'));
  });
});

describe('a token in a link', () => {
  it('is encoded, whatever it holds', () => {
    const { text, html } = write(templates.password_reset({ ...withToken, token: sealed('a+b/c="><x&d') }));

    expect(text).toContain('/reset-password?token=a%2Bb%2Fc%3D%22%3E%3Cx%26d\n');
    expect(html).toContain('token: a+b/c=&quot;&gt;&lt;x&amp;d<');
  });

  it('does not open under another secret, beside another id, or when it was changed', () => {
    const other = createLetterhead({
      publicUrl: 'https://outlay.test',
      serviceClientSecret: 'another secret of tests',
    });

    expect(() => templates.password_reset(withToken).write(other)).toThrow(/None of the secrets/);
    expect(() => write(templates.password_reset({ ...withToken, token: sealed('token', 'request-2') }))).toThrow();
    expect(() =>
      write(templates.password_reset({ ...withToken, token: { sealed: 'AXNlYWxlZA==', boundTo: 'request-1' } })),
    ).toThrow();
  });
});

describe('the invitation', () => {
  it('tells who invites whom to what, on one line each', () => {
    const { subject, text, html } = write(
      templates.invitation({
        ...invitation,
        inviterName: 'Ida <b>Berg</b>\r\n\r\ntoken: forged',
        tenantName: 'Acme\r\nBcc: all@acme.example \u202Eelpmaxe',
      }),
    );

    expect(subject).toBe('Join Acme Bcc: all@acme.example  elpmaxe on Outlay');
    expect(text).toContain('Ida <b>Berg</b> token: forged invites mara@acme.example to Acme Bcc');
    expect(text).toContain('as an analyst, who reads everything');
    expect(text.match(/^token: /gm)).toHaveLength(1);
    expect(html).toContain('Ida &lt;b&gt;Berg&lt;/b&gt;');
  });
});

describe('the mail about changed credentials', () => {
  it.each([
    ['password_changed', 'Your Outlay password was changed', 'by somebody who knew the old one'],
    ['password_reset', 'Your Outlay password was reset', 'chosen through a mail'],
    ['email_changed', 'Your Outlay address was changed', 'no longer belongs to mara@acme.example'],
    ['totp_enabled', 'Signing in to Outlay now takes a second step', 'authenticator app was added'],
    ['totp_disabled', 'Signing in to Outlay takes no second step any more', 'authenticator app was removed'],
    ['recovery_codes_renewed', 'Your Outlay recovery codes were renewed', 'the old ones are void'],
    ['passkey_added', 'The way you sign in to Outlay was changed', 'signs in to Outlay was changed'],
  ])('has a sentence for %s, says when, and what to do', (change, subject, sentence) => {
    const mail = write(
      templates.credentials_changed({
        firstName: 'Mara',
        email: 'mara@acme.example',
        change,
        changedAt: '2025-01-16T09:05:00.000Z',
      }),
    );

    expect(mail.subject).toBe(subject);
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain(sentence);
      expect(body).toContain('on Thursday, 16 January 2025 at 09:05 UTC');
      expect(body).toContain('If it was not you');
    }
  });
});
