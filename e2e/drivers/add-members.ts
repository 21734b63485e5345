import { randomUUID } from 'node:crypto';
import { identity } from '@outlay/contracts';
import {
  anonymousContext,
  clientSecretOf,
  createGrpcClient,
  createSilentLogger,
  type GrpcClient,
  toTenantId,
} from '@outlay/platform';
import { eventually, type TestPlatform } from '@outlay/testkit';
import { ownerPassword } from './outlay-client.ts';

export interface Person {
  id: string;
  email: string;
  password: string;
}

const somebody = { firstName: 'Ida', lastName: 'Berg', password: ownerPassword };

/** Makes people in tenants without asking them, as services may: tests need many, and not each has to be invited. */
export interface Provisioner {
  addMember: (tenantId: string, role: string, about?: Partial<typeof somebody>) => Promise<Person>;
  client: GrpcClient<typeof identity.IdentityServiceService>;
  /** The token of a service by its name. */
  tokenOf: (service: string) => Promise<string>;
  close: () => void;
}

export type PlatformOfProvisioner = Pick<TestPlatform, 'addressOf' | 'serviceClientSecret'>;

export function createProvisioner(platform: PlatformOfProvisioner): Provisioner {
  const client = createGrpcClient(identity.IdentityServiceService, {
    address: platform.addressOf('identity'),
    logger: createSilentLogger(),
  });
  const tokenOf = async (service: string) => {
    const credentials = { clientId: service, clientSecret: clientSecretOf(platform.serviceClientSecret, service) };
    return (await client.issueServiceToken(anonymousContext(), credentials)).accessToken;
  };
  return {
    client,
    tokenOf,
    close: () => client.close(),
    addMember: async (tenantId, role, about = {}) => {
      const { password, ...names } = { ...somebody, ...about };
      const person = { email: `${role}-${randomUUID()}@people.example`, password };
      const context = { ...anonymousContext(), token: await tokenOf('operator'), tenantId: toTenantId(tenantId) };
      const request = { ...person, ...names, role };
      // Until identity has heard of the plan there is no room.
      const { user } = await eventually(() => client.addMember(context, request, { deadlineMs: 10_000 }), {
        timeoutMs: 20_000,
        intervalMs: 100,
      });
      if (!user) throw new Error('Identity answered nobody');
      return { id: user.id, ...person };
    },
  };
}

/** Makes a person of each role in a tenant that has room for them. */
export async function addMembers<R extends string>(
  platform: PlatformOfProvisioner,
  tenantId: string,
  roles: readonly R[],
): Promise<Record<R, Person>> {
  const provisioner = createProvisioner(platform);
  try {
    const made = roles.map(async (role) => [role, await provisioner.addMember(tenantId, role)] as const);
    return Object.fromEntries(await Promise.all(made)) as Record<R, Person>;
  } finally {
    provisioner.close();
  }
}
