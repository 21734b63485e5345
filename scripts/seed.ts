import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createOutlayClient, OutlayProblem } from '@outlay/client';
import { identity } from '@outlay/contracts';
import {
  anonymousContext,
  clientSecretOf,
  createGrpcClient,
  createSilentLogger,
  isDomainError,
  readServiceConfig,
  toTenantId,
} from '@outlay/platform';
import { local } from './start/local-files.ts';

/** The demo tenant and the people in it. For development alone: their password is in the documentation. */
export const demo = {
  password: 'Password123',
  tenant: { name: 'Acme', subdomain: 'acme', plan: 'professional' },
  owner: { email: 'owner@acme.com', firstName: 'Olivia', lastName: 'Owner' },
  members: [
    { email: 'admin@acme.com', firstName: 'Adam', lastName: 'Admin', role: 'admin' },
    { email: 'member@acme.com', firstName: 'Mia', lastName: 'Member', role: 'member' },
  ],
  /** Made by identity itself, from PLATFORM_ADMIN_EMAIL and PLATFORM_ADMIN_PASSWORD. */
  platformAdmin: { email: 'platform@outlay.dev' },
} as const;

type Platform = { gatewayUrl: string; identityAddress: string; serviceClientSecret: string };

/** Makes the demo tenant through the front door, once; what somebody changed in it since is left alone. */
export async function seedDemo(platform: Platform): Promise<void> {
  try {
    await seed(platform);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The demo data could not be made: ${why}`, { cause: error });
  }
}

async function seed(platform: Platform): Promise<void> {
  // Stays behind when the work is interrupted, so that the next start goes on with it.
  const unfinished = local('seeding');
  if (!existsSync(unfinished)) {
    writeFileSync(unfinished, '');
    if (!(await register(platform))) return rmSync(unfinished);
  } else await register(platform);

  const { tenant } = await clientOf(platform).logIn({ email: demo.owner.email, password: demo.password });
  if (!tenant) throw new Error(`${demo.owner.email} belongs to no tenant`);
  const admin = clientOf(platform);
  await admin.logIn({ email: demo.platformAdmin.email, password: demo.password });
  await admin.put('/admin/tenants/{id}/plan', { path: { id: tenant.id }, body: { plan: demo.tenant.plan } });
  await addMembers(platform, tenant.id);
  rmSync(unfinished);
}

/** False where the tenant is there already. */
async function register(platform: Platform): Promise<boolean> {
  const { name, subdomain } = demo.tenant;
  const { email, firstName, lastName } = demo.owner;
  const body = {
    name,
    subdomain,
    owner_email: email,
    owner_password: demo.password,
    owner_first_name: firstName,
    owner_last_name: lastName,
  };
  try {
    await clientOf(platform).post('/auth/register', { body });
    return true;
  } catch (error) {
    if (error instanceof OutlayProblem && error.status === 409) return false;
    throw error;
  }
}

async function addMembers({ identityAddress, serviceClientSecret }: Platform, tenant: string): Promise<void> {
  const client = createGrpcClient(identity.IdentityServiceService, {
    address: identityAddress,
    // What the services are started with holds for whoever calls them.
    tls: readServiceConfig(process.env, { grpcPort: 0, opsPort: 0 }).grpcTls,
    logger: createSilentLogger(),
  });
  try {
    const credentials = { clientId: 'operator', clientSecret: clientSecretOf(serviceClientSecret, 'operator') };
    const { accessToken: token } = await client.issueServiceToken(anonymousContext(), credentials);
    const operator = { ...anonymousContext(), token, tenantId: toTenantId(tenant) };
    for (const member of demo.members) {
      const person = { ...member, password: demo.password };
      await onceThePlanIsKnown(() => client.addMember(operator, person, { deadlineMs: 10_000 }));
    }
  } finally {
    client.close();
  }
}

/** Identity hears of the tenant's plan by an event, a moment after it changed. Whoever is a member already stays one. */
async function onceThePlanIsKnown(add: () => Promise<unknown>): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    try {
      await add();
      return;
    } catch (error) {
      if (!isDomainError(error)) throw error;
      if (error.code === 'already_member') return;
      const isEarly = error.code === 'plan_limit_reached' || error.code === 'plan_unknown';
      if (!isEarly || Date.now() > giveUpAt) throw error;
      await setTimeout(200);
    }
  }
}

function clientOf({ gatewayUrl }: Platform) {
  return createOutlayClient({
    baseUrl: gatewayUrl,
    fetch: (request) => fetch(request, { signal: AbortSignal.timeout(15_000) }),
  });
}
