import type { Operation } from './api-document.ts';

/** Stands in a generated request for what is known only when it is sent, so that a seed means the same on another platform. */
export const placeholder = (name: string, index = 0) => `~~${name}-${index}~~`;

/** What placeholders stand for, by name. */
export type Known = Record<string, readonly string[]>;

export function fillPlaceholders(text: string, known: Known): string {
  return text.replace(
    /~~(\w+)-(\d+)~~/g,
    (whole, name: string, index: string) => known[name]?.[Number(index)] ?? whole,
  );
}

/**
 * Who calls an operation that would end the owner's part in the run: guests are there to be used up. `guarded` has a second
 * factor, `heir` owns a tenant to be handed over, `host` one that invites, and `traveller` belongs to two.
 */
const callers: Readonly<Record<string, string>> = {
  logOut: 'guest',
  logOutEverywhere: 'guest',
  reauthenticate: 'guest',
  changePassword: 'guest',
  changeEmail: 'guest',
  requestEmailVerification: 'newcomer',
  eraseMe: 'guest',
  leaveTenant: 'guest',
  revokeSession: 'guest',
  enrollTotp: 'guest',
  confirmTotp: 'guest',
  disableTotp: 'guarded',
  renewRecoveryCodes: 'guarded',
  transferOwnership: 'heir',
  switchTenant: 'traveller',
  inviteMember: 'host',
  resendInvitation: 'host',
  revokeInvitation: 'host',
};

/** Who rightly calls an operation. */
export function callerOf({ id, isForPlatformAdmin }: Operation): string {
  return isForPlatformAdmin ? 'admin' : (callers[id] ?? 'owner');
}

/** What not everything of its kind will do for: only previews can be committed, and no category can go that is a parent. */
const pathNeeds: Readonly<Record<string, string>> = {
  commitImport: 'preview',
  discardImport: 'preview',
  undoImport: 'booked_import',
  deleteCategory: 'spare_category',
};

/** The name of what stands in an operation's path; empty where it has no id in it. */
export const subjectOf = (operation: Operation): string => pathNeeds[operation.id] ?? idKind(operation);

/** `expense` for `/expenses/{id}`, `api_key` for `/api-keys/{id}`; empty where there is no id in the path. */
export function idKind({ path }: Operation): string {
  const [, plural = ''] = /\/([\w-]+s)\/\{id\}/.exec(path) ?? [];
  return plural.replaceAll('-', '_').replace(/ies$/, 'y').replace(/s$/, '');
}

/** What of its kind has a name of its own: no other name than a new one is sure to be free. */
const namedApart = /^(?:create|replace|update)(?:Category|Account|Project|ImportMapping)$/;

/** Fields that no text fits that merely looks right. */
const fields: Readonly<Record<string, string>> = {
  email: 'email',
  password: 'password',
  current_password: 'password',
  new_password: 'newPassword',
  refresh_token: 'refreshToken',
  user_id: 'user',
  tenant_id: 'tenant',
};

/** What some operations mean by them; undefined: any text that fits will do. */
const ownFields: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  changeEmail: { email: undefined },
  inviteMember: { email: undefined },
  switchTenant: { tenant_id: 'otherTenant' },
  transferOwnership: { user_id: 'successor' },
  resetPassword: { token: 'resetToken' },
  verifyEmail: { token: 'verificationToken' },
  lookUpInvitation: { token: 'invitationToken' },
  acceptInvitation: { token: 'invitationToken' },
  confirmTotp: { code: 'totpCode' },
  disableTotp: { code: 'recoveryCode' },
  renewRecoveryCodes: { code: 'recoveryCode' },
};

/** What a field of an operation's body stands for; undefined where its schema says enough. */
export function meaningOf(operationId: string, field: string): string | undefined {
  const own = ownFields[operationId] ?? {};
  if (field === 'name' && namedApart.test(operationId)) return placeholder('freeName');
  const name = Object.hasOwn(own, field) ? own[field] : fields[field];
  return name === undefined ? undefined : placeholder(name);
}
