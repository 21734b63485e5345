import type { identity } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { exportExample } from '../../src/schemas/person.ts';
import { at } from './fixtures.ts';

/** Lets a person do whatever they like about themselves. */
export function fakePerson(user: identity.User): FakeHandlers {
  const recoveryCodes = ['k3pd-7mza-q2xe-h5tn'];
  const replayed = false;
  return {
    updateMe: ({ firstName, lastName }: identity.UpdateMeRequest) => ({
      user: { ...user, firstName: firstName ?? user.firstName, lastName: lastName ?? user.lastName, version: 2n },
      replayed,
    }),
    exportMe: () => ({ data: exportExample }),
    eraseMe: () => ({ erasedAt: at, sessionIds: [newId()] }),
    verifyEmail: () => ({ email: user.email, replayed }),
    requestEmailVerification: () => ({ replayed }),
    changeEmail: () => ({ replayed }),
    changePassword: () => ({ sessionIds: [newId(), newId()], replayed }),
    requestPasswordReset: () => ({ replayed }),
    resetPassword: () => ({ sessionIds: [newId()], replayed }),
    enrollTotp: () => ({ secret: 'JBSWY3DPEHPK3PXP', otpauthUrl: 'otpauth://totp/Outlay', replayed }),
    confirmTotp: () => ({ recoveryCodes, replayed }),
    renewRecoveryCodes: () => ({ recoveryCodes, replayed }),
    disableTotp: () => ({ replayed }),
  };
}
