import type { MailKind } from './templates/templates.ts';

/**
 * Mails about how somebody signs in, and what each is called where others see that it left. Their own subjects tell what
 * the person did, and the recipient may be an address that nobody else in the tenant knows.
 */
const plainSubjects: ReadonlyMap<string, string> = new Map<MailKind, string>([
  ['email_verification', 'Confirm your address for Outlay'],
  ['password_reset', 'Choose a new password for Outlay'],
  ['credentials_changed', 'The way you sign in to Outlay was changed'],
]);

/** The subject to be shown for a mail of a personal kind; undefined for a kind whose recipient and subject may be told. */
export function plainSubjectOf(kind: string): string | undefined {
  return plainSubjects.get(kind);
}
