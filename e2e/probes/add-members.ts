import { randomUUID } from 'node:crypto';
import { identity } from '@outlay/contracts';
import { anonymousContext, createGrpcClient, createSilentLogger } from '@outlay/platform';
import { type OutlayClient, ownerPassword, type SignedIn } from '../drivers/outlay-client.ts';

/** Makes a person of each role in the owner's tenant and signs them in. The API makes none: identity is asked directly. */
export async function addMembers<R extends string>(
  outlay: OutlayClient,
  identityAddress: string,
  owner: SignedIn,
  roles: readonly R[],
): Promise<Record<R, { email: string }>> {
  const client = createGrpcClient(identity.IdentityServiceService, {
    address: identityAddress,
    logger: createSilentLogger(),
  });
  try {
    const made = roles.map(async (role) => {
      const email = `${role}-${randomUUID()}@probes.example`;
      const person = { email, password: ownerPassword, firstName: 'Ida', lastName: 'Berg', role };
      await client.addMember({ ...anonymousContext(), token: owner.token }, person, { deadlineMs: 10_000 });
      await outlay.signIn(email, ownerPassword);
      return [role, { email }] as const;
    });
    return Object.fromEntries(await Promise.all(made)) as Record<R, { email: string }>;
  } finally {
    client.close();
  }
}
