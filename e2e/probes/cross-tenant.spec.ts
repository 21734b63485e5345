import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform, type TestPlatform } from '@outlay/testkit';
import { addMembers, createProvisioner, type Provisioner } from '../drivers/add-members.ts';
import { createFilterlessPostgres, type FilterlessPostgres } from '../drivers/filterless-postgres.ts';
import { createOutlayClient, type OutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { type ApiDocument, type Operation, readApiDocument } from '../fuzz/api-document.ts';
import { fillPlaceholders, idKind } from '../fuzz/operation-needs.ts';
import type { GeneratedRequest } from '../fuzz/requests.ts';
import { createSender, type Sender, type WireAnswer } from '../fuzz/send.ts';
import { subjectEnvironment } from '../fuzz/subject.ts';
import { type FurnishedTenant, furnishTenant } from './furnished-tenant.ts';
import { type IdKind, type IdPlace, idPlacesOf } from './id-places.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const callers = ['owner', 'admin', 'analyst', 'member', 'apiKey'] as const;
type Caller = (typeof callers)[number];

/** What is used up by the operation that succeeds with it. */
const usedUpBy: Record<string, IdKind> = {
  reverseExpense: 'expense',
  deleteCategory: 'category',
  deleteAccount: 'account',
  deleteProject: 'project',
  withdrawExchangeRate: 'exchange_rate',
  deleteImportMapping: 'import_mapping',
  removeMember: 'member',
  revokeInvitation: 'invitation',
  revokeApiKey: 'api_key',
  revokeSession: 'session',
};

// Each place that services look at tells tenants apart, and so does the database, were a service to forget it.
describe.each([
  { isolation: 'by services and database', isFilterless: false },
  { isolation: 'by the database alone, the services’ own filters taken out', isFilterless: true },
])('tenants kept apart $isolation', ({ isFilterless }) => {
  let platform: TestPlatform;
  let postgres: FilterlessPostgres | undefined;
  let provisioner: Provisioner;
  let outlay: OutlayClient;
  let document: ApiDocument;
  let sender: Sender;
  let victim: FurnishedTenant;
  let stranger: FurnishedTenant;
  let emails: Record<Exclude<Caller, 'apiKey'>, string>;
  const sessions = new Map<Caller, { access_token: string; refresh_token: string }>();

  beforeAll(async () => {
    postgres = isFilterless ? await createFilterlessPostgres(process.env.TEST_DATABASE_URL ?? '') : undefined;
    platform = await startPlatform({
      bus: 'embedded',
      environment: subjectEnvironment,
      through: (urls) => ({ ...urls, databaseUrl: postgres?.url(urls.databaseUrl) ?? urls.databaseUrl }),
    });
    outlay = createOutlayClient(platform.gatewayUrl);
    document = await readApiDocument(platform.gatewayUrl);
    sender = createSender(platform.gatewayUrl);
    provisioner = createProvisioner(platform);
    victim = await furnishTenant(outlay, provisioner);
    stranger = await furnishTenant(outlay, provisioner);
    const made = await addMembers(platform, stranger.owner.tenantId, ['admin', 'analyst', 'member']);
    emails = {
      owner: stranger.owner.email,
      admin: made.admin.email,
      analyst: made.analyst.email,
      member: made.member.email,
    };
  });
  afterAll(async () => {
    sender?.close();
    provisioner?.close();
    await platform?.stop();
    await postgres?.close();
  });

  it('finds nothing of another tenant in any place of any operation, whoever asks, and changes nothing there', async () => {
    const before = await settled(victim);
    const faults: string[] = [];
    let probes = 0;
    for (const caller of callers) {
      for (const [operation, place] of probesOf(document)) {
        for (const id of await idsFor(operation, place, victim)) {
          const answer = await sendAs(caller, operation, place.with(id));
          probes += 1;
          const fault = faultOf(answer, operation, place, caller) ?? leakIn(answer, id);
          if (fault !== undefined) faults.push(`${operation.id}, ${place.name}, as ${caller}: ${fault}`);
        }
      }
      expect([caller, await victim.read()]).toEqual([caller, before]);
    }

    expect(faults).toEqual([]);
    expect(probes).toBeGreaterThanOrEqual(callers.length * 150);
    if (isFilterless) expect(postgres?.removed()).toBeGreaterThan(300);
  }, 240_000);

  // Without this, requests that are refused for another reason would pass for probes.
  it('finds what is one’s own in the same places', async () => {
    const refused: string[] = [];
    for (const [operation, place] of probesOf(document)) {
      // What the platform admin alone may do is nobody's own.
      if (operation.isForPlatformAdmin || place.kind === 'key') continue;
      // Probes before it may have closed all sessions there were.
      if (place.kind === 'session') await stranger.renew('session');
      for (const id of await idsFor(operation, place, stranger)) {
        const { status, text } = await sendAs('owner', operation, place.with(id));
        if (isRefused(place, status, text)) refused.push(`${operation.id}, ${place.name}: ${status} ${text}`);
      }
    }
    expect(refused).toEqual([]);
  }, 240_000);

  // Either would do, and each is tried alone: were the filters still there, the tests above would say nothing of the database.
  it(`${isFilterless ? 'would find' : 'finds no'} expense of another tenant if the database kept nothing apart`, async () => {
    const byId = () => stranger.owner.call('GET', `/expenses/${victim.ids.expense}`);
    const listed = async () => JSON.stringify((await stranger.owner.call('GET', '/expenses?limit=200')).body);
    expect((await byId()).status).toBe(404);

    await platform.database.query('alter table ledger.expenses disable row level security');

    expect((await byId()).status).toBe(isFilterless ? 200 : 404);
    expect((await listed()).includes(victim.canary)).toBe(isFilterless);
  });

  /** What of a tenant is put into the place. A tenant is named by its subdomain as well; each list has cursors of its own. */
  async function idsFor(operation: Operation, place: IdPlace, tenant: FurnishedTenant): Promise<string[]> {
    const { id, path } = operation;
    const { name, kind } = place;
    if (name === 'header X-Tenant-Id' || id === 'switchTenant') return [tenant.ids.tenant, tenant.owner.subdomain];
    if (kind !== 'cursor') return [tenant.ids[kind]];
    const list = path.replace('/api/v1', '').replace('{id}', tenant.ids[idKind(operation) as IdKind]);
    const page = await tenant.owner.call('GET', `${list}?limit=1`);
    const cursor = page.body.pagination?.next_cursor;
    return cursor ? [cursor] : [];
  }

  async function sendAs(caller: Caller, operation: Operation, request: GeneratedRequest): Promise<WireAnswer> {
    let answer = await sendWith(await sessionOf(caller), caller, request);
    const isClosed = answer.status === 401 && /session_revoked|refresh_token_invalid/.test(answer.text);
    if (isClosed && caller !== 'apiKey') {
      sessions.delete(caller);
      answer = await sendWith(await sessionOf(caller), caller, request);
    }
    await makeGood(caller, operation, answer);
    return answer;
  }

  async function sessionOf(caller: Caller) {
    if (caller === 'apiKey') return { access_token: stranger.keySecret, refresh_token: 'none' };
    const known = sessions.get(caller);
    if (known !== undefined) return known;
    const { body } = await outlay.call('POST', '/auth/login', { email: emails[caller], password: ownerPassword });
    sessions.set(caller, body);
    return body as { access_token: string; refresh_token: string };
  }

  function sendWith(
    session: { access_token: string; refresh_token: string },
    caller: Caller,
    request: GeneratedRequest,
  ) {
    const known = {
      email: [caller === 'apiKey' ? 'nobody@nowhere.example' : emails[caller]],
      password: [ownerPassword],
      // The same again: those who try have one password all along.
      newPassword: [ownerPassword],
      refreshToken: [session.refresh_token],
      successor: [stranger.ids.member],
      otherTenant: [stranger.ids.tenant],
      freeName: [`Name ${randomUUID()}`],
      ...Object.fromEntries(Object.entries(stranger.ids).map(([kind, id]) => [kind, [id]])),
    };
    const fill = (text: string) => fillPlaceholders(text, known);
    const { authorization, ...headers } = request.headers;
    return sender.send({
      method: request.method,
      path: fill(request.path),
      headers: {
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)])),
        ...(authorization !== undefined && { authorization: `Bearer ${session.access_token}` }),
      },
      ...(request.body === undefined ? {} : { body: Buffer.from(fill(request.body), 'latin1') }),
    });
  }

  /** What one's own request has used up is there again for the next. */
  async function makeGood(caller: Caller, { id }: Operation, { status, text }: WireAnswer): Promise<void> {
    if (status >= 300) return;
    if (id === 'refreshSession') sessions.delete(caller);
    const kind = usedUpBy[id];
    if (kind !== undefined) await stranger.renew(kind);
    if (id === 'leaveTenant' && caller !== 'apiKey') {
      sessions.delete(caller);
      emails[caller] = (await provisioner.addMember(stranger.owner.tenantId, caller)).email;
    }
    if (id === 'transferOwnership') {
      const successor = await outlay.signIn(stranger.member.email, ownerPassword);
      const back = await successor.call('POST', '/tenant/owner', { user_id: stranger.ids.user });
      if (back.status !== 200) throw new Error(`${text}, and then ${JSON.stringify(back.body)}`);
      await stranger.renew('member');
    }
    if (id === 'changeMemberRole' || id === 'replaceMember') await stranger.renew('member');
  }

  /** Whatever an answer is, nothing of the other tenant is in it but the id that was sent. */
  function leakIn({ text, headers }: WireAnswer, sent: string): string | undefined {
    const whole = `${text} ${JSON.stringify(headers)}`;
    const secrets = [victim.canary, victim.owner.subdomain, ...Object.values(victim.ids)].filter((one) => one !== sent);
    const leaked = secrets.find((secret) => whole.includes(secret));
    return leaked === undefined ? undefined : `${leaked} in ${text}`;
  }

  /** What a tenant sees once its mails have left, its expenses are in the figures and its log is written. */
  async function settled(tenant: FurnishedTenant): Promise<unknown[]> {
    await eventually(async () => {
      expect((await tenant.owner.call('GET', '/stats/summary?month=2025-01')).body.count).toBe(3);
      const { data } = (await tenant.owner.call('GET', '/notifications/deliveries')).body;
      expect(data.filter(({ status }) => status !== 'sent')).toEqual([]);
      expect(data.length).toBeGreaterThanOrEqual(4);
    });
    return tenant.read();
  }
});

/** Throws where an id has no probe. */
function probesOf(document: ApiDocument): [Operation, IdPlace][] {
  return document.operations.flatMap((operation) =>
    idPlacesOf(operation, document).map((place): [Operation, IdPlace] => [operation, place]),
  );
}

/** What another tenant's id must not be answered with. */
function faultOf(answer: WireAnswer, operation: Operation, place: IdPlace, caller: Caller): string | undefined {
  const { status, text } = answer;
  // Taken for one's own, these do what they would do without; that nothing leaks is looked at beside.
  if (place.kind === 'cursor' || place.kind === 'key') return status < 500 ? undefined : `${status} ${text}`;
  if (status < 300) return holdsNothing(answer) ? undefined : `${status} ${text}`;
  // Naming the other tenant itself, and what a role may not do with any id, is forbidden rather than not found.
  const isForbidden = place.kind === 'tenant' || caller !== 'owner' || operation.isForPlatformAdmin;
  const allowed = [404, 422, ...(isForbidden ? [403] : []), ...(operation.isPublic ? [401] : [])];
  return allowed.includes(status) ? undefined : `${status} ${text}`;
}

/** Whether an answer is a list or a sum without anything in it, or a file of a header alone. */
function holdsNothing({ text, headers }: WireAnswer): boolean {
  if (String(headers['content-type']).startsWith('text/csv')) return text.trim().split('\n').length === 1;
  const { data, count } = text === '' ? {} : JSON.parse(text);
  return count === 0 || (Array.isArray(data) && data.length === 0);
}

/** Whether it is the place for which one's own id was refused. Of tenants it is enough that the name is taken. */
function isRefused({ name }: IdPlace, status: number, text: string): boolean {
  if (name === 'header X-Tenant-Id') return status >= 500 || /tenant_mismatch|tenant_not_found/.test(text);
  // A name can be taken once.
  return status >= 300 && status !== 409;
}
