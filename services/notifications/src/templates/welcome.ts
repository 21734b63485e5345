import { z } from 'zod';
import { html } from './html.ts';
import { type MailDraft, words } from './mail-template.ts';

/** What the welcome mail is filled with. */
export const welcomeParameters = z.object({
  firstName: words,
  tenantName: words,
  subdomain: words,
  email: z.string(),
});

/** Greets the owner of a tenant that was just registered. */
export function draftWelcome(parameters: z.output<typeof welcomeParameters>): MailDraft {
  const { firstName, tenantName, subdomain, email } = parameters;
  return {
    subject: `Welcome to Outlay, ${firstName}`,
    write: () => ({
      text: `Hello ${firstName},

${tenantName} is registered with Outlay, and you are its owner.

Workspace: ${subdomain}
Sign in with: ${email}

From here on you can record expenses, import the statements of your cards and
read what was spent, month by month.

The Outlay team
`,
      html: html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Welcome to Outlay</title></head>
<body style="margin: 0; padding: 24px; font-family: sans-serif; font-size: 16px; line-height: 1.5; color: #1f2933">
<p>Hello ${firstName},</p>
<p><strong>${tenantName}</strong> is registered with Outlay, and you are its owner.</p>
<table role="presentation" cellpadding="0" cellspacing="0">
<tr><td style="padding-right: 16px">Workspace</td><td><strong>${subdomain}</strong></td></tr>
<tr><td style="padding-right: 16px">Sign in with</td><td><strong>${email}</strong></td></tr>
</table>
<p>From here on you can record expenses, import the statements of your cards and read what was spent, month by month.</p>
<p>The Outlay team</p>
</body>
</html>
`,
    }),
  };
}
