import { z } from 'zod';
import { inWords, writeLetter } from './letter.ts';
import { type MailDraft, tokenParameters, words } from './mail-template.ts';

/** What an invitation is filled with. */
export const invitationParameters = tokenParameters.extend({
  email: words,
  role: z.string(),
  inviterName: words,
  tenantName: words,
  subdomain: words,
});

const roles: ReadonlyMap<string, string> = new Map([
  ['owner', 'as its owner'],
  ['admin', 'as an admin, who manages everything'],
  ['analyst', 'as an analyst, who reads everything'],
  ['member', 'as a member, who records expenses'],
]);

/** Asks somebody to join a tenant. */
export function draftInvitation(parameters: z.output<typeof invitationParameters>): MailDraft {
  const { email, role, inviterName, tenantName, subdomain, token, expiresAt } = parameters;
  const subject = `Join ${tenantName} on Outlay`;
  return {
    subject,
    expiresAt,
    write(letterhead) {
      const opened = letterhead.open(token);
      return writeLetter(subject, [
        'Hello,',
        `${inviterName} invites ${email} to ${tenantName} on Outlay, ${roles.get(role) ?? `as ${role}`}. The name of the workspace is ${subdomain}.`,
        { link: letterhead.link('/accept-invitation', opened), label: 'Accept the invitation' },
        'If you use the API, this is what it asks for:',
        { token: opened },
        `The invitation stands until ${inWords(expiresAt)}.`,
        'If you did not expect it, do nothing: nobody joins without following the link. Do not pass the mail on.',
      ]);
    },
  };
}
