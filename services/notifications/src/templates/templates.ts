import { credentialsChangedParameters, draftCredentialsChanged } from './credentials-changed.ts';
import { draftEmailVerification, emailVerificationParameters } from './email-verification.ts';
import { draftInvitation, invitationParameters } from './invitation.ts';
import type { MailDraft } from './mail-template.ts';
import { draftPasswordReset, passwordResetParameters } from './password-reset.ts';
import { draftWelcome, welcomeParameters } from './welcome.ts';

/** Every kind of mail, by the name it has in `deliveries.kind`. Throws ZodError on parameters that are not the template's. */
export const templates = {
  welcome: (parameters: unknown) => draftWelcome(welcomeParameters.parse(parameters)),
  email_verification: (parameters: unknown) => draftEmailVerification(emailVerificationParameters.parse(parameters)),
  password_reset: (parameters: unknown) => draftPasswordReset(passwordResetParameters.parse(parameters)),
  credentials_changed: (parameters: unknown) => draftCredentialsChanged(credentialsChangedParameters.parse(parameters)),
  invitation: (parameters: unknown) => draftInvitation(invitationParameters.parse(parameters)),
} satisfies Record<string, (parameters: unknown) => MailDraft>;

/** A kind of mail there is a template for. */
export type MailKind = keyof typeof templates;

/** Whether a stored kind is one that this version can render. */
export function isMailKind(kind: string): kind is MailKind {
  return Object.hasOwn(templates, kind);
}

/** Somebody waits for these before they can go on, or must know at once; numbers as graphile-worker's, the smaller the sooner. */
const priorities: Readonly<Record<MailKind, number>> = {
  password_reset: -20,
  email_verification: -20,
  credentials_changed: -20,
  invitation: -10,
  welcome: 0,
};

/** What place a mail of this kind has in the queue. */
export function priorityOf(kind: MailKind): number {
  return priorities[kind];
}
