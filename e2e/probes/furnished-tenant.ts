import { randomUUID } from 'node:crypto';
import { scopes } from '@outlay/contracts';
import type { Person, Provisioner } from '../drivers/add-members.ts';
import { importFile } from '../drivers/imports.ts';
import { type OutlayClient, otherSession, ownerPassword, type SignedIn } from '../drivers/outlay-client.ts';
import { raisePlan } from '../drivers/platform-admin.ts';
import type { IdKind } from './id-places.ts';

/** A tenant with something of every kind in it, each text of which holds the canary. */
export interface FurnishedTenant {
  owner: Owner;
  member: Person;
  /** Of a key with all scopes. */
  keySecret: string;
  ids: Record<IdKind, string>;
  canary: string;
  /** Makes another of what was used up, and keeps its id. */
  renew: (kind: IdKind) => Promise<void>;
  /** All that the owner can see, to be compared with what it is later. */
  read: () => Promise<unknown[]>;
}

type Owner = SignedIn & { email: string; subdomain: string };

const lists = [
  '/expenses?status=all',
  '/categories?archived=all',
  '/accounts?archived=all',
  '/projects?archived=all',
  '/tags',
  '/imports',
  '/import-mappings',
  '/exchange-rates?source=tenant',
  '/notifications/deliveries',
  '/members',
  '/invitations?status=all',
  '/api-keys',
  '/security-events?limit=200',
  '/audit-entries?limit=200',
  '/users/me/sessions',
];

export async function furnishTenant(outlay: OutlayClient, provisioner: Provisioner): Promise<FurnishedTenant> {
  const owner = await registerPatiently(outlay);
  await raisePlan(outlay, owner.tenantId);
  const canary = `canary-${randomUUID()}`;
  const post = async (path: string, body: object, headers?: Record<string, string>) => {
    const answer = await owner.call('POST', path, body, headers);
    if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const names = { firstName: canary, lastName: canary };
  const invite = () => post('/invitations', { email: `${randomUUID()}@${canary}.example`, role: 'member' });
  const addMember = () => provisioner.addMember(owner.tenantId, 'member', names);
  const makeKey = () => post('/api-keys', { name: canary, scopes: Object.keys(scopes) });
  const openSession = async () => {
    const credentials = { email: owner.email, password: ownerPassword };
    await outlay.call('POST', '/auth/login', credentials, { 'user-agent': canary });
    return otherSession((await owner.call('GET', '/users/me/sessions')).body);
  };
  await owner.call('PATCH', '/tenant', { name: canary });
  await owner.call('PATCH', '/users/me', { first_name: canary, last_name: canary });
  const name = () => `${canary} ${randomUUID()}`;
  const makeCategory = () => post('/categories', { name: name(), description: canary });
  const makeAccount = () => post('/accounts', { name: name(), kind: 'card', currency: 'EUR', description: canary });
  const makeProject = () => post('/projects', { name: name(), code: 'C-1', description: canary });
  const category = await makeCategory();
  const account = await makeAccount();
  const project = await makeProject();
  // Lists of two have a cursor.
  const parent = await makeCategory();
  await makeAccount();
  await makeProject();
  const expense = {
    amount: '12.50',
    currency: 'EUR',
    title: canary,
    expense_date: '2025-01-15',
    tags: [canary],
    category_id: category.id,
    account_id: account.id,
    project_id: project.id,
  };
  const key = randomUUID();
  const first = await post('/expenses', expense, { 'idempotency-key': key });
  // What the first one refers to may have been used up.
  const record = () => {
    const { category: category_id, account: account_id, project: project_id } = ids;
    return post('/expenses', { ...expense, category_id, account_id, project_id });
  };
  let rates = 0;
  const giveRate = () =>
    post('/exchange-rates', {
      ...{ base_currency: 'USD', quote_currency: 'EUR', rate: '0.9', provider: canary },
      date: new Date(Date.UTC(2024, 0, 1 + rates++)).toISOString().slice(0, 10),
    });
  await giveRate();
  await post('/expenses', expense);
  const csv = `Date,Description,Amount\n2025-01-02,${canary},4.20\n2025-01-03,${canary},not a number\n`;
  const { id: imported } = await importFile(owner, csv);
  await importFile(owner, `${csv}\n`);
  const keepMapping = () =>
    post('/import-mappings', { name: `${canary} ${randomUUID()}`, mapping: { defaults: { project: canary } } });
  const mapping = await keepMapping();
  await keepMapping();
  const member = await addMember();
  await addMember();
  await invite();
  await makeKey();
  const me = await owner.call('GET', '/users/me');
  const page = await owner.call('GET', '/expenses?limit=1');
  const machine = await makeKey();

  const ids: Record<IdKind, string> = {
    expense: first.id,
    category: category.id,
    parent: parent.id,
    account: account.id,
    project: project.id,
    key,
    import: imported,
    import_mapping: mapping.id,
    mapping: mapping.id,
    exchange_rate: (await giveRate()).id,
    user: me.body.user.id,
    member: member.id,
    invitation: (await invite()).id,
    api_key: (await makeKey()).id,
    session: await openSession(),
    tenant: owner.tenantId,
    entity: first.id,
    actor: me.body.user.id,
    cursor: page.body.pagination.next_cursor,
  };
  const tenant: FurnishedTenant = {
    owner,
    member,
    keySecret: machine.secret,
    canary,
    ids,
    renew: async (kind) => {
      if (kind === 'expense') ids.expense = (await record()).id;
      if (kind === 'exchange_rate') ids.exchange_rate = (await giveRate()).id;
      if (kind === 'category') ids.category = (await makeCategory()).id;
      if (kind === 'account') ids.account = (await makeAccount()).id;
      if (kind === 'project') ids.project = (await makeProject()).id;
      if (kind === 'import_mapping') ids.import_mapping = ids.mapping = (await keepMapping()).id;
      if (kind === 'invitation') ids.invitation = (await invite()).id;
      if (kind === 'api_key') ids.api_key = (await makeKey()).id;
      if (kind === 'session') ids.session = await openSession();
      if (kind === 'member') {
        tenant.member = await addMember();
        ids.member = tenant.member.id;
      }
    },
    read: () =>
      Promise.all(
        [
          ...lists,
          '/tenant',
          '/tenant/security',
          '/users/me',
          `/members/${member.id}`,
          `/expenses/${first.id}`,
          `/imports/${imported}/rows`,
          '/stats/summary?month=2025-01',
        ].map(async (path) => {
          const { status, body } = await owner.call('GET', path);
          return { path, status, body };
        }),
      ),
  };
  return tenant;
}

/** An owner who signs in again after their sessions were closed, as some probes do. */
async function registerPatiently(outlay: OutlayClient): Promise<Owner> {
  const owner = await outlay.registerTenant({ currency: 'EUR' });
  let { call } = owner;
  return {
    ...owner,
    call: async (...request) => {
      const answer = await call(...request);
      if (answer.body.code !== 'session_revoked') return answer;
      ({ call } = await outlay.signIn(owner.email, ownerPassword));
      return call(...request);
    },
  };
}
