import { z } from 'zod';
import { inWords, writeLetter } from './letter.ts';
import { type MailDraft, words } from './mail-template.ts';

/** What the mail about a change of the way somebody signs in is filled with. */
export const credentialsChangedParameters = z.object({
  firstName: words,
  email: words,
  change: z.string(),
  changedAt: z.coerce.date(),
});

interface Change {
  subject: string;
  sentence: (email: string) => string;
}

/** A change that this version has no words for is told nonetheless. */
const anyChange: Change = {
  subject: 'The way you sign in to Outlay was changed',
  sentence: (email) => `The way in which ${email} signs in to Outlay was changed`,
};

const changes: ReadonlyMap<string, Change> = new Map([
  [
    'password_changed',
    {
      subject: 'Your Outlay password was changed',
      sentence: (email) => `The password of ${email} was changed by somebody who knew the old one`,
    },
  ],
  [
    'password_reset',
    {
      subject: 'Your Outlay password was reset',
      sentence: (email) => `A new password for ${email} was chosen through a mail to this address`,
    },
  ],
  [
    'email_changed',
    {
      subject: 'Your Outlay address was changed',
      sentence: (email) => `Your Outlay account no longer belongs to ${email}: it has another address now`,
    },
  ],
  [
    'totp_enabled',
    {
      subject: 'Signing in to Outlay now takes a second step',
      sentence: (email) => `An authenticator app was added to the Outlay account of ${email}`,
    },
  ],
  [
    'totp_disabled',
    {
      subject: 'Signing in to Outlay takes no second step any more',
      sentence: (email) => `The authenticator app was removed from the Outlay account of ${email}`,
    },
  ],
  [
    'recovery_codes_renewed',
    {
      subject: 'Your Outlay recovery codes were renewed',
      sentence: (email) => `New recovery codes were made for the Outlay account of ${email}; the old ones are void`,
    },
  ],
]);

/** Tells somebody that they sign in another way from now on, so that they notice when it was not them. */
export function draftCredentialsChanged(parameters: z.output<typeof credentialsChangedParameters>): MailDraft {
  const { firstName, email, change, changedAt } = parameters;
  const { subject, sentence } = changes.get(change) ?? anyChange;
  return {
    subject,
    write: (letterhead) =>
      writeLetter(subject, [
        `Hello ${firstName},`,
        `${sentence(email)}. This was done on ${inWords(changedAt)}.`,
        'If it was you, there is nothing to do.',
        change === 'email_changed'
          ? 'If it was not you, somebody else has your account: tell an owner or admin of your workspace at once, so that they remove it.'
          : `If it was not you, ask for a new password at once at ${letterhead.link('/')}, which also signs everybody out, and tell an owner or admin of your workspace.`,
      ]),
  };
}
