import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { identity } from '@outlay/contracts';
import {
  anonymousContext,
  createGrpcClient,
  createSilentLogger,
  isDomainError,
  readServiceConfig,
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

type Platform = { gatewayUrl: string; identityAddress: string };
type LoggedIn = { access_token: string; tenant: { id: string } };

/** Makes the demo tenant through the front door, once; what somebody changed in it since is left alone. */
export async function seedDemo(platform: Platform): Promise<void> {
  // Stays behind when the work is interrupted, so that the next start goes on with it.
  const unfinished = local('seeding');
  if (!existsSync(unfinished)) {
    writeFileSync(unfinished, '');
    if (!(await register(platform))) return rmSync(unfinished);
  } else await register(platform);

  const owner = await logIn(platform, demo.owner.email);
  await addMembers(platform, owner.access_token);
  const admin = await logIn(platform, demo.platformAdmin.email);
  await call(platform, 'PUT', `/admin/tenants/${owner.tenant.id}/plan`, { plan: demo.tenant.plan }, admin.access_token);
  rmSync(unfinished);
}

/** False where the tenant is there already. */
async function register(platform: Platform): Promise<boolean> {
  const { name, subdomain } = demo.tenant;
  const { email, firstName, lastName } = demo.owner;
  const response = await request(platform, 'POST', '/auth/register', {
    name,
    subdomain,
    owner_email: email,
    owner_password: demo.password,
    owner_first_name: firstName,
    owner_last_name: lastName,
  });
  if (response.status === 409) return false;
  if (!response.ok) throw await refused('The demo tenant', response);
  return true;
}

async function addMembers({ identityAddress }: Platform, token: string): Promise<void> {
  const client = createGrpcClient(identity.IdentityServiceService, {
    address: identityAddress,
    // What the services are started with holds for whoever calls them.
    tls: readServiceConfig(process.env, { grpcPort: 0, opsPort: 0 }).grpcTls,
    logger: createSilentLogger(),
  });
  try {
    for (const member of demo.members) {
      await client
        .addMember({ ...anonymousContext(), token }, { ...member, password: demo.password }, { deadlineMs: 10_000 })
        .catch((error: unknown) => {
          if (!isDomainError(error) || error.kind !== 'conflict') throw error;
        });
    }
  } finally {
    client.close();
  }
}

async function logIn(platform: Platform, email: string): Promise<LoggedIn> {
  return (await call(platform, 'POST', '/auth/login', { email, password: demo.password })) as LoggedIn;
}

async function call(platform: Platform, method: string, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await request(platform, method, path, body, token);
  if (!response.ok) throw await refused(`${method} ${path}`, response);
  return response.json();
}

function request(
  { gatewayUrl }: Platform,
  method: string,
  path: string,
  body: unknown,
  token?: string,
): Promise<Response> {
  return fetch(`${gatewayUrl}/api/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
}

async function refused(what: string, response: Response): Promise<Error> {
  return new Error(`${what} was refused while the demo data was made (${response.status}): ${await response.text()}`);
}
