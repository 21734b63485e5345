import type { Link } from './chain/seal.ts';

/** What an event says of the seals that were added to a tenant's chain: where it stands with the last of them. */
export const headOf = (tenantId: string, seals: readonly Link[], last: Link) => ({
  tenantId,
  subject: tenantId,
  aggregateVersion: last.sequence,
  data: {
    sequence: last.sequence,
    hash: last.hash.toString('hex'),
    count: seals.length,
    sealedAt: new Date(last.sealedAt),
    keyId: last.keyId,
    signature: last.signature.toString('hex'),
  },
});
