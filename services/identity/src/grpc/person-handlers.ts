import { parseInput } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityHandlers } from './identity-handlers.ts';
import { eraseMeSchema, updateMeSchema } from './person-schemas.ts';

type Rpc = 'getMe' | 'updateMe' | 'exportMe' | 'eraseMe';

/** The caller as a person: who they are, what is kept of them, and that it is forgotten. */
export function personHandlers(identity: Identity): Pick<IdentityHandlers, Rpc> {
  return {
    getMe: (context) => identity.getMe(context),

    async updateMe(context, request) {
      const named = parseInput(updateMeSchema, { first_name: request.firstName, last_name: request.lastName });
      const { first_name: firstName, last_name: lastName } = named;
      return identity.updateMe(context, { firstName, lastName, version: request.version });
    },

    exportMe: async (context) => ({ data: await identity.exportMe(context) }),

    eraseMe: async (context, { password, code }) =>
      identity.eraseMe(context, parseInput(eraseMeSchema, { password, code })),
  };
}
