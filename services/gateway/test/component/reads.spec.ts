import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { anExpense } from '../support/fake-expenses.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

describe('Every reading operation answers, in its declared form', () => {
  it.each([
    ['/api/v1/auth/me'],
    ['/api/v1/users/me'],
    ['/api/v1/tenant'],
    ['/api/v1/plans'],
    ['/api/v1/categories'],
    ['/api/v1/accounts'],
    ['/api/v1/projects'],
    ['/api/v1/expenses'],
    [`/api/v1/expenses/${newId()}`],
    ['/api/v1/imports'],
    [`/api/v1/imports/${newId()}`],
    [`/api/v1/imports/${newId()}/rows?fate=refused`],
    ['/api/v1/stats/summary?month=2017-01'],
    ['/api/v1/ledger/verification'],
    [`/api/v1/ledger/verification?sequence=1&hash=${'ab'.repeat(32)}`],
    [`/api/v1/ledger/verification?audit_sequence=1&audit_hash=${'ab'.repeat(32)}`],
    ['/api/v1/ledger/journal?limit=2'],
    ['/api/v1/ledger/balances?as_of=2025-01-31&known_as_of=2025-02-01T00:00:00.123456Z&currency=EUR&limit=2'],
    ['/api/v1/ledger/trial-balance'],
    [`/api/v1/ledger/accounts/${newId()}/entries?date_from=2025-01-01&date_to=2025-01-31`],
    ['/api/v1/audit-entries?entity=expense&from=2025-01-01T00:00:00Z'],
    ['/api/v1/notifications/deliveries'],
  ])('%s', async (path) => {
    const answer = await gateway.fetch(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });
});

describe('Every writing operation answers, in its declared form', () => {
  it.each<[string, string, unknown, number]>([
    ['POST', '/api/v1/categories', { name: 'Software' }, 201],
    ['POST', '/api/v1/accounts', { name: 'Card', kind: 'card', currency: 'EUR' }, 201],
    ['POST', '/api/v1/projects', { name: 'Website' }, 201],
    ['POST', '/api/v1/auth/refresh', { refresh_token: 'refresh' }, 200],
    ['PATCH', '/api/v1/tenant', { settings: { timezone: 'Europe/Berlin' } }, 200],
    ['POST', '/api/v1/admin/reporting/rebuild', undefined, 200],
    ['POST', '/api/v1/admin/reporting/rebuild', {}, 200],
  ])('%s %s', async (method, path, json, status) => {
    expect((await gateway.fetch(path, { method, json })).status).toBe(status);
  });

  it('POST /api/v1/auth/register with exactly six fields', async () => {
    const registration = {
      name: 'Acme',
      subdomain: 'acme',
      owner_email: 'mara@acme.example',
      owner_password: 'Password123',
      owner_first_name: 'Mara',
      owner_last_name: 'Lind',
    };
    const answer = await gateway.fetch('/api/v1/auth/register', { method: 'POST', json: registration, token: false });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      tenant: { plan: 'basic', settings: { currency: 'EUR' } },
      user: { email: 'mara@acme.example', first_name: 'Mara', role: 'owner' },
    });
    expect(gateway.lastCall('tenancy', 'registerTenant').request).toEqual({
      name: 'Acme',
      subdomain: 'acme',
      ownerEmail: 'mara@acme.example',
      ownerPassword: 'Password123',
      ownerFirstName: 'Mara',
      ownerLastName: 'Lind',
    });
  });

  it.each([
    ['subdomain', 'ab'],
    ['subdomain', 'Acme'],
    ['subdomain', '-acme'],
    ['subdomain', 'a.b.c'],
    ['owner_email', 'mara'],
    ['owner_password', 'short'],
    ['name', ' '],
  ])('refuses a registration whose %s is %j', async (field, value) => {
    const answer = await gateway.fetch('/api/v1/auth/register', {
      method: 'POST',
      json: {
        name: 'Acme',
        subdomain: 'acme',
        owner_email: 'mara@acme.example',
        owner_password: 'Password123',
        owner_first_name: 'Mara',
        owner_last_name: 'Lind',
        [field]: value,
      },
    });
    expect([answer.status, (await answer.json()).errors[0].field]).toEqual([422, field]);
  });
});

describe('Lists', () => {
  it('are pages with a cursor', async () => {
    await using paged = await startGateway({
      handlers: {
        ledger: {
          listExpenses: ({ page }: ledger.ListExpensesRequest) => ({
            expenses: [anExpense()],
            page: { nextCursor: page?.cursor ? '' : 'bmV4dA', hasMore: !page?.cursor, limit: page?.limit ?? 0 },
          }),
        },
      },
    });
    const first = await (await paged.fetch('/api/v1/expenses?limit=1')).json();
    expect(first.pagination).toEqual({ next_cursor: 'bmV4dA', has_more: true, limit: 1 });
    const second = await (await paged.fetch(`/api/v1/expenses?limit=1&cursor=${first.pagination.next_cursor}`)).json();
    expect(second.pagination).toEqual({ next_cursor: null, has_more: false, limit: 1 });
    expect(paged.lastCall('ledger', 'listExpenses').request).toMatchObject({ page: { limit: 1, cursor: 'bmV4dA' } });
  });

  it('have 50 entries unless told otherwise', async () => {
    await gateway.fetch('/api/v1/expenses');
    expect(gateway.lastCall('ledger', 'listExpenses').request).toMatchObject({ page: { limit: 50, cursor: '' } });
  });

  it('of expenses hide reversed ones unless asked', async () => {
    await gateway.fetch('/api/v1/expenses');
    expect(gateway.lastCall('ledger', 'listExpenses').request).toMatchObject({ filter: { status: 'posted' } });
    await gateway.fetch('/api/v1/expenses?status=all');
    expect(gateway.lastCall('ledger', 'listExpenses').request).toMatchObject({ filter: { status: 'all' } });
  });

  it('of expenses take every filter', async () => {
    const [category, other, account, project, user, file] = Array.from({ length: 6 }, newId);
    const query = new URLSearchParams([
      ['date_from', '2025-01-01'],
      ['date_to', '2025-01-31'],
      ['category_id', String(category)],
      ['category_id', String(other)],
      ['account_id', String(account)],
      ['project_id', String(project)],
      ['project_id', 'none'],
      ['tag', 'office & more'],
      ['tag', 'b'],
      ['tag_match', 'all'],
      ['vendor', 'Inkwell Ltd'],
      ['currency', 'USD'],
      ['payment_method', 'cash'],
      ['user_id', String(user)],
      ['status', 'reversed'],
      ['amount_min', '-10.00'],
      ['amount_max', '99.5'],
      ['q', 'design tool'],
      ['import_id', String(file)],
      ['sort', '-amount'],
    ]);
    expect((await gateway.fetch(`/api/v1/expenses?${query}`)).status).toBe(200);
    expect(gateway.lastCall('ledger', 'listExpenses').request).toEqual({
      filter: {
        dateFrom: '2025-01-01',
        dateTo: '2025-01-31',
        categoryIds: [category, other],
        accountIds: [account],
        projectIds: [project, 'none'],
        tags: ['office & more', 'b'],
        eachTag: true,
        vendor: 'Inkwell Ltd',
        currency: 'USD',
        paymentMethod: 'cash',
        userId: user,
        status: 'reversed',
        amountMinorFrom: -1000n,
        amountMinorTo: 9950n,
        text: 'design tool',
        importId: file,
      },
      sort: '-amount',
      page: { limit: 50, cursor: '' },
    });
  });
});

describe('An expense', () => {
  it('is shown with names, in both currencies, and null for what it has not', async () => {
    const category = { id: newId(), name: 'Software' };
    await using shown = await startGateway({
      handlers: {
        ledger: {
          getExpense: () => ({
            expense: anExpense({
              amount: { currency: 'JPY', amountMinor: 15000n },
              booked: { currency: 'EUR', amountMinor: -9223372036854775807n },
              rate: { rate: '0.0061', source: 'given', date: '2025-01-15' },
              category,
              vendor: 'Draftsman',
            }),
          }),
        },
      },
    });
    const answer = await shown.fetch(`/api/v1/expenses/${newId()}`);
    expect(await answer.json()).toMatchObject({
      amount: '15000',
      currency: 'JPY',
      booked_amount: '-92233720368547758.07',
      booked_currency: 'EUR',
      exchange_rate: { rate: '0.0061', source: 'given', date: '2025-01-15' },
      category_id: category.id,
      category_name: 'Software',
      account_id: null,
      account_name: null,
      vendor: 'Draftsman',
      description: null,
    });
  });
});

describe('Keys', () => {
  it('are published for others to verify tokens', async () => {
    const answer = await gateway.fetch('/.well-known/jwks.json', { token: false });
    expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
    expect(await answer.json()).toEqual(gateway.issuer.jwks);
  });
});
