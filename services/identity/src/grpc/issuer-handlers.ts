import type { Identity } from '../application/identity.ts';
import type { SigningKeys } from '../security/signing-keys.ts';
import type { IdentityHandlers } from './identity-handlers.ts';

type Rpc = 'getJwks' | 'rotateSigningKeys' | 'issueServiceToken' | 'listRevokedSessions';

/** What others need to trust tokens: keys, service tokens, and what is revoked. */
export function issuerHandlers(identity: Identity, keys: SigningKeys): Pick<IdentityHandlers, Rpc> {
  return {
    getJwks: async () => ({ jwksJson: JSON.stringify(await keys.publicKeys()) }),

    async rotateSigningKeys(context, { withdrawOld }) {
      const { answer, replayed } = await identity.rotateSigningKeys(context, { withdrawOld });
      return { ...answer, replayed };
    },

    async issueServiceToken(context, request) {
      const { token, expiresInSeconds } = await identity.issueServiceToken(context, request);
      return { accessToken: token, expiresInSeconds };
    },

    listRevokedSessions: async (context, { since }) => ({
      sessionIds: await identity.listRevokedSessions(context, { since }),
    }),
  };
}
