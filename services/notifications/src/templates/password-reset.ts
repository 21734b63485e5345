import type { z } from 'zod';
import { inWords, writeLetter } from './letter.ts';
import { type MailDraft, tokenParameters, words } from './mail-template.ts';

/** What the mail for a new password is filled with. */
export const passwordResetParameters = tokenParameters.extend({ firstName: words, email: words });

/** Lets somebody who forgot their password choose another. */
export function draftPasswordReset(parameters: z.output<typeof passwordResetParameters>): MailDraft {
  const { firstName, email, token, expiresAt } = parameters;
  const subject = 'Choose a new password for Outlay';
  return {
    subject,
    expiresAt,
    write(letterhead) {
      const opened = letterhead.open(token);
      return writeLetter(subject, [
        `Hello ${firstName},`,
        `Somebody, we hope you, asked for a new password for the Outlay account of ${email}. Choose one here:`,
        { link: letterhead.link('/reset-password', opened), label: 'Choose a new password' },
        'If you use the API, this is what it asks for:',
        { token: opened },
        `This works once, until ${inWords(expiresAt)}, and only in the newest of these mails.`,
        'If it was not you, do nothing: without this mail nobody can change your password, and the one you have goes on working. Do not pass the mail on.',
      ]);
    },
  };
}
