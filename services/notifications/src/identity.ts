import { identity } from '@outlay/contracts';
import { anonymousContext, createGrpcClient, type JsonWebKeySet, type Logger } from '@outlay/platform';
import { z } from 'zod';

/** What notifications asks of identity. */
export interface Identity {
  /** The keys that tokens are verified with. */
  loadKeys: () => Promise<JsonWebKeySet>;
  close: () => void;
}

/** Makes the client; it connects at the first call. */
export function connectIdentity(address: string, logger: Logger): Identity {
  const client = createGrpcClient(identity.IdentityServiceService, { address, logger });
  return {
    loadKeys: async () => keySetSchema.parse(JSON.parse((await client.getJwks(anonymousContext(), {})).jwksJson)),
    close: client.close,
  };
}

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
