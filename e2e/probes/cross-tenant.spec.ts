import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startPlatform, type TestPlatform } from '@outlay/testkit';
import { createOutlayClient, type OutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { type ApiDocument, type Operation, readApiDocument } from '../fuzz/api-document.ts';
import type { GeneratedRequest } from '../fuzz/requests.ts';
import { createSender, type Sender, type WireAnswer } from '../fuzz/send.ts';
import { fillPlaceholders, placeholder } from '../fuzz/subject.ts';
import { addMembers } from './add-members.ts';
import { type FurnishedTenant, furnishTenant } from './furnished-tenant.ts';
import { type IdPlace, idPlacesOf } from './id-places.ts';

const roles = ['owner', 'admin', 'analyst', 'member'] as const;
type Role = (typeof roles)[number];

let platform: TestPlatform;
let outlay: OutlayClient;
let document: ApiDocument;
let sender: Sender;
let victim: FurnishedTenant;
let stranger: FurnishedTenant;
let emails: Record<Role, string>;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: { RATE_LIMIT_PER_MINUTE: '0' } });
  outlay = createOutlayClient(platform.gatewayUrl);
  document = await readApiDocument(platform.gatewayUrl);
  sender = createSender(platform.gatewayUrl);
  victim = await furnishTenant(outlay);
  stranger = await furnishTenant(outlay);
  const made = await addMembers(outlay, platform.addressOf('identity'), stranger.owner, ['admin', 'analyst', 'member']);
  emails = {
    owner: stranger.owner.email,
    admin: made.admin.email,
    analyst: made.analyst.email,
    member: made.member.email,
  };
}, 90_000);
afterAll(async () => {
  sender?.close();
  await platform?.stop();
}, 30_000);

describe('Every operation that takes an id', () => {
  it('finds nothing of another tenant, whoever asks, and changes nothing there', async () => {
    const before = await settled(victim);
    const faults: string[] = [];
    let probes = 0;
    for (const role of roles) {
      for (const [operation, place] of probesOf(document)) {
        for (const id of await idsFor(operation, place, victim)) {
          const answer = await sendAs(role, place.with(id));
          probes += 1;
          const fault = faultOf(answer, operation, place, role) ?? leakIn(answer, id);
          if (fault !== undefined) faults.push(`${operation.id}, ${place.name}, as ${role}: ${fault}`);
        }
      }
      expect([role, await victim.read()]).toEqual([role, before]);
    }

    expect(faults).toEqual([]);
    expect(probes).toBeGreaterThanOrEqual(roles.length * 40);
  }, 120_000);

  // Without this, requests that are refused for another reason would pass for probes.
  it('takes the ids of the own tenant in the same places', async () => {
    const refused: string[] = [];
    for (const [operation, place] of probesOf(document)) {
      // What the platform admin alone may do is nobody's own.
      if (operation.isForPlatformAdmin || place.kind === 'key') continue;
      if (place.kind === 'expense') await renewExpense();
      for (const id of await idsFor(operation, place, stranger)) {
        const { status, text } = await sendAs('owner', place.with(id));
        // A name can be taken once.
        if (status >= 300 && status !== 409) refused.push(`${operation.id}, ${place.name}: ${status} ${text}`);
      }
    }
    expect(refused).toEqual([]);
  }, 60_000);
});

/** Throws where an id has no probe. */
function probesOf({ operations }: ApiDocument): [Operation, IdPlace][] {
  return operations.flatMap((operation) =>
    idPlacesOf(operation, document).map((place): [Operation, IdPlace] => [operation, place]),
  );
}

/** What of a tenant is put into the place. A tenant is named by its subdomain as well; each list has cursors of its own. */
async function idsFor({ path }: Operation, { name, kind }: IdPlace, tenant: FurnishedTenant): Promise<string[]> {
  if (name === 'header X-Tenant-Id') return [tenant.ids.tenant, tenant.owner.subdomain];
  if (kind !== 'cursor') return [tenant.ids[kind]];
  const list = path.replace('/api/v1', '').replace('{id}', tenant.ids.import);
  const page = await tenant.owner.call('GET', `${list}?limit=1`);
  const cursor = page.body.pagination?.next_cursor;
  return cursor ? [cursor] : [];
}

/** A session of its own for each request: one of them logs out. */
async function sendAs(role: Role, request: GeneratedRequest): Promise<WireAnswer> {
  const text = JSON.stringify(request);
  if (text.includes(placeholder('expense'))) await renewExpense();
  const needsSession = text.includes('~~');
  const opened = needsSession
    ? await outlay.call('POST', '/auth/login', { email: emails[role], password: ownerPassword })
    : undefined;
  const known = {
    email: [emails[role]],
    password: [ownerPassword],
    ownerToken: [opened?.body.access_token],
    adminToken: [opened?.body.access_token],
    refreshToken: [opened?.body.refresh_token],
    expense: [stranger.ids.expense],
    import: [stranger.ids.import],
    tenant: [stranger.ids.tenant],
  };
  const fill = (text: string) => fillPlaceholders(text, known);
  return sender.send({
    method: request.method,
    path: fill(request.path),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, fill(value)])),
    ...(request.body === undefined ? {} : { body: Buffer.from(fill(request.body), 'latin1') }),
  });
}

/** What another tenant's id must not be answered with. */
function faultOf(answer: WireAnswer, operation: Operation, place: IdPlace, role: Role): string | undefined {
  const { status, text } = answer;
  // Taken for one's own, these do what they would do without; that nothing leaks is looked at beside.
  if (place.kind === 'cursor' || place.kind === 'key') return status < 500 ? undefined : `${status} ${text}`;
  if (status < 300) {
    const { data } = JSON.parse(text);
    return Array.isArray(data) && data.length === 0 ? undefined : `${status} ${text}`;
  }
  // Naming the other tenant itself, and what a role may not do with any id, is forbidden rather than not found.
  const isForbidden = place.kind === 'tenant' || role !== 'owner' || operation.isForPlatformAdmin;
  const allowed = [404, 422, ...(isForbidden ? [403] : []), ...(operation.isPublic ? [401] : [])];
  return allowed.includes(status) ? undefined : `${status} ${text}`;
}

/** Whatever an answer is, nothing of the other tenant is in it but the id that was sent. */
function leakIn({ text, headers }: WireAnswer, sent: string): string | undefined {
  const whole = `${text} ${JSON.stringify(headers)}`;
  const secrets = [victim.canary, victim.owner.subdomain, ...Object.values(victim.ids)].filter((one) => one !== sent);
  const leaked = secrets.find((secret) => whole.includes(secret));
  return leaked === undefined ? undefined : `${leaked} in ${text}`;
}

/** What a tenant sees once its mail has left and its expenses are in the figures. */
async function settled(tenant: FurnishedTenant): Promise<unknown[]> {
  await eventually(async () => {
    expect((await tenant.owner.call('GET', '/stats/summary?month=2025-01')).body.count).toBe(3);
    expect((await tenant.owner.call('GET', '/notifications/deliveries')).body.data[0]?.status).toBe('sent');
  });
  return tenant.read();
}

const ownExpense = { amount: '1.00', currency: 'EUR', title: 'Tea', expense_date: '2025-01-15' };

/** What was taken out of the books cannot be changed any more. */
async function renewExpense(): Promise<void> {
  stranger.ids.expense = (await stranger.owner.call('POST', '/expenses', ownExpense)).body.id;
}
