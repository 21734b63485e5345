import { z } from 'zod';
import { inWords, writeLetter } from './letter.ts';
import { type MailDraft, tokenParameters, words } from './mail-template.ts';

/** What the mail that verifies an address is filled with. */
export const emailVerificationParameters = tokenParameters.extend({
  firstName: words,
  email: words,
  isChange: z.boolean(),
});

/** Asks whether an address belongs to the person who gave it. */
export function draftEmailVerification(parameters: z.output<typeof emailVerificationParameters>): MailDraft {
  const { firstName, email, isChange, token, expiresAt } = parameters;
  const subject = isChange ? 'Confirm your new address for Outlay' : 'Confirm your address for Outlay';
  return {
    subject,
    expiresAt,
    write(letterhead) {
      const opened = letterhead.open(token);
      return writeLetter(subject, [
        `Hello ${firstName},`,
        isChange
          ? `You asked to sign in to Outlay with ${email} from now on. Please confirm that this address is yours:`
          : `Somebody, we hope you, signed up for Outlay with ${email}. Please confirm that this address is yours:`,
        { link: letterhead.link('/verify-email', opened), label: 'Confirm this address' },
        'If you use the API, this is what it asks for:',
        { token: opened },
        `This works once, until ${inWords(expiresAt)}.`,
        isChange
          ? 'If it was not you, do not follow the link: your address stays as it is. Then somebody else may be signed in as you; change your password.'
          : 'If it was not you, do not follow the link: somebody gave your address by mistake, and nothing further comes of it.',
      ]);
    },
  };
}
