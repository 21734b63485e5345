import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type AccessRow, access, identity, ledger, notifications, reporting, tenancy } from '@outlay/contracts';
import {
  anonymousContext,
  createGrpcClient,
  createSilentLogger,
  isDomainError,
  type RpcDefinition,
} from '@outlay/platform';
import { startPlatform, type TestPlatform } from '@outlay/testkit';
import { createOutlayClient, type OutlayClient } from '../drivers/outlay-client.ts';
import { type ApiDocument, readApiDocument } from '../fuzz/api-document.ts';
import { subjectEnvironment } from '../fuzz/subject.ts';
import { type Callers, gatherCallers } from './callers.ts';
import { type CallerKind, callers, roleTable } from './role-table.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

let platform: TestPlatform;
let outlay: OutlayClient;
let document: ApiDocument;
let known: Callers;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: subjectEnvironment });
  outlay = createOutlayClient(platform.gatewayUrl);
  document = await readApiDocument(platform.gatewayUrl);
  known = await gatherCallers(outlay, platform);
});
afterAll(() => platform?.stop());

describe('the role table', () => {
  it('has a row for every operation, and an operation for every row', () => {
    const documented = document.operations.map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`);

    expect(documented.sort()).toEqual(Object.keys(roleTable).sort());
  });

  it.each(callers)(
    'holds for %s on every operation',
    async (caller) => {
      const surprises: string[] = [];
      for (const [operation, allowed] of Object.entries(roleTable)) {
        const [method = '', template = ''] = operation.split(' ');
        // It would take the person out of the tests; the access table says the same of it at the service.
        if (operation === 'POST /members/leave' && caller !== 'anyone' && caller !== 'owner') continue;
        const token = await known.tokenOf(caller);
        const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
        const body = method === 'GET' ? undefined : {};
        const answer = await outlay.call(method, template.replaceAll('{id}', randomUUID()), body, headers);
        const isLetIn = !isRefusal(answer.status, answer.body.code);
        if (isLetIn !== allowed.includes(caller)) surprises.push(`${operation}: ${answer.status} ${answer.body.code}`);
        if (template.startsWith('/auth/logout')) await known.tokenOf(caller, true);
      }

      expect(surprises).toEqual([]);
    },
    60_000,
  );

  it('refuses an API key whatever its scopes do not name', async () => {
    const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });
    const wanted = { name: 'Reader', scopes: ['expenses:read'] };
    const made = await outlay.call('POST', '/api-keys', wanted, bearer(await known.tokenOf('owner')));
    const headers = bearer(made.body.secret);

    const surprises: string[] = [];
    for (const { method, path, scope, isPublic } of document.operations) {
      if (isPublic) continue;
      const place = path.replace('/api/v1', '').replaceAll('{id}', randomUUID());
      const { status, body } = await outlay.call(method, place, method === 'GET' ? undefined : {}, headers);
      if (isRefusal(status, body.code) !== (scope !== 'expenses:read')) surprises.push(`${method} ${path}: ${status}`);
    }

    expect(surprises).toEqual([]);
  });
});

const areas = {
  identity: { definition: identity.IdentityServiceService, service: 'identity' },
  tenancy: { definition: tenancy.TenancyBillingServiceService, service: 'tenancy-billing' },
  ledger: { definition: ledger.LedgerServiceService, service: 'ledger' },
  notifications: { definition: notifications.NotificationsServiceService, service: 'notifications' },
  reporting: { definition: reporting.ReportingServiceService, service: 'reporting' },
} as const;

/** They would take a person out of the tests, and are refused by the same code as all others. */
const closing = new Set(['leaveTenant', 'logout', 'logoutEverywhere']);

// A gateway that has been taken over can ask the services for anything: each of them looks for itself.
describe.each(Object.entries(areas))('%s, asked directly,', (area, { definition, service }) => {
  const rows: Record<string, AccessRow> = access[area as keyof typeof areas];
  const rpcs = definition as Record<
    string,
    Pick<RpcDefinition, 'requestStream' | 'responseStream' | 'requestDeserialize'>
  >;

  it('lets whoever its row names into each RPC, and nobody else', async () => {
    const client = createGrpcClient(definition as typeof identity.IdentityServiceService, {
      address: platform.addressOf(service),
      logger: createSilentLogger(),
    });
    const call = client as unknown as Record<string, (context: object, request: object) => unknown>;
    const surprises: string[] = [];
    try {
      for (const caller of callers) {
        const token = await known.serviceTokenOf(caller);
        for (const [rpc, { requestStream, responseStream, requestDeserialize }] of Object.entries(rpcs)) {
          const row = rows[rpc];
          const isAllowed = row !== undefined && mayCall(row, caller);
          if (closing.has(rpc) && isAllowed) continue;
          const context = { ...anonymousContext(), ...(token !== undefined && { token }) };
          const request = requestStream ? noMessages() : (requestDeserialize(Buffer.alloc(0)) as object);
          const asked = call[rpc]?.(context, request);
          const answer = responseStream ? firstOf(asked as AsyncIterable<unknown>) : asked;
          const isRefused = await Promise.resolve(answer).then(() => false, isAccessError);
          if (isRefused === isAllowed) surprises.push(`${rpc} as ${caller}: ${isRefused ? 'refused' : 'let in'}`);
        }
      }
    } finally {
      client.close();
    }

    expect(Object.keys(rows).sort()).toEqual(Object.keys(rpcs).sort());
    expect(surprises).toEqual([]);
  });
});

/** What an RPC's row means for a caller, spelt out again. */
function mayCall({ caller: who, roles, scope }: AccessRow, caller: CallerKind): boolean {
  if (who === 'public') return true;
  if (caller === 'anyone' || who === 'service') return false;
  if (caller === 'apiKey') {
    const isForTenant = who === 'tenant' || who === 'tenant_or_service';
    return isForTenant && scope !== undefined && (roles?.includes('admin') ?? true);
  }
  if (who === 'user') return true;
  if (caller === 'platformAdmin') return who === 'platform_admin' || who === 'tenant_or_platform_admin';
  if (who === 'platform_admin') return false;
  return roles?.includes(caller) ?? true;
}

const refusals = new Set([
  'token_missing',
  'token_invalid',
  'api_key_invalid',
  'session_revoked',
  'fresh_login_required',
]);
const bars = new Set(['role_required', 'access_denied', 'scope_required']);

/** Whether an answer is about who asks, and not about what is asked for. */
function isRefusal(status: number, code: string): boolean {
  return (status === 401 && refusals.has(code)) || (status === 403 && bars.has(code));
}

function isAccessError(error: unknown): boolean {
  if (!isDomainError(error)) throw error;
  // What never reached the service says nothing about it.
  if (error.kind === 'internal' || error.kind === 'unavailable') throw error;
  return refusals.has(error.code) || bars.has(error.code);
}

async function firstOf(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages) return;
}

async function* noMessages(): AsyncGenerator<object> {}
