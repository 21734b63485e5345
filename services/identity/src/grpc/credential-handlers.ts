import { parseInput } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityHandlers } from './identity-handlers.ts';
import {
  changeEmailSchema,
  changePasswordSchema,
  codeSchema,
  passwordResetSchema,
  resetPasswordSchema,
  tokenSchema,
} from './person-schemas.ts';

type Rpc =
  | 'changePassword'
  | 'requestPasswordReset'
  | 'resetPassword'
  | 'requestEmailVerification'
  | 'changeEmail'
  | 'verifyEmail'
  | 'enrollTotp'
  | 'confirmTotp'
  | 'disableTotp'
  | 'renewRecoveryCodes';

/** How people prove who they are: password, address, second factor. */
export function credentialHandlers(identity: Identity): Pick<IdentityHandlers, Rpc> {
  return {
    async changePassword(context, request) {
      const given = parseInput(changePasswordSchema, {
        current_password: request.currentPassword,
        new_password: request.newPassword,
      });
      return identity.changePassword(context, {
        currentPassword: given.current_password,
        newPassword: given.new_password,
      });
    },

    requestPasswordReset: async (context, { email }) =>
      identity.requestPasswordReset(context, parseInput(passwordResetSchema, { email })),

    async resetPassword(context, request) {
      const given = parseInput(resetPasswordSchema, { token: request.token, new_password: request.newPassword });
      return identity.resetPassword(context, { token: given.token, newPassword: given.new_password });
    },

    requestEmailVerification: (context) => identity.requestEmailVerification(context),

    async changeEmail(context, request) {
      const given = parseInput(changeEmailSchema, { email: request.newEmail, password: request.password });
      return identity.changeEmail(context, { newEmail: given.email, password: given.password });
    },

    verifyEmail: async (context, { token }) => identity.verifyEmail(context, parseInput(tokenSchema, { token })),

    enrollTotp: (context) => identity.enrollTotp(context),

    confirmTotp: async (context, { code }) => identity.confirmTotp(context, parseInput(codeSchema, { code })),

    disableTotp: async (context, { code }) => identity.disableTotp(context, parseInput(codeSchema, { code })),

    renewRecoveryCodes: async (context, { code }) =>
      identity.renewRecoveryCodes(context, parseInput(codeSchema, { code })),
  };
}
