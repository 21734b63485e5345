import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createOutlayClient, type OutlayClientOptions, OutlayProblem } from '@outlay/client';
import { startPlatform } from '@outlay/testkit';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const password = 'Password123';

describe('the API client', () => {
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  beforeAll(async () => {
    platform = await startPlatform({ bus: 'embedded' });
  });
  afterAll(() => platform?.stop());

  const clientOf = (options: Partial<OutlayClientOptions> = {}) =>
    createOutlayClient({ baseUrl: platform.gatewayUrl, ...options });

  /** A new tenant, with its owner at the client. */
  async function signUp(options: Partial<OutlayClientOptions> = {}) {
    const outlay = clientOf(options);
    const subdomain = `c-${randomUUID()}`;
    const email = `mara@${subdomain}.example`;
    const names = { owner_first_name: 'Mara', owner_last_name: 'Lind' };
    await outlay.post('/auth/register', {
      body: { name: 'Client Ltd', subdomain, owner_email: email, owner_password: password, ...names },
    });
    await outlay.logIn({ email, password }, { tenant: subdomain });
    return outlay;
  }

  const pens = { amount: '4.20', currency: 'USD', title: 'Pens', expense_date: '2025-01-15' };

  it('records, changes and takes back an expense, and loses no change of somebody else', async () => {
    const outlay = await signUp();

    const { data: recorded, response } = await outlay.post('/expenses', { body: pens });
    const path = { id: recorded.id };
    const { data: edited } = await outlay.patch('/expenses/{id}', { path, body: { title: 'Inks' }, ifMatch: 1 });
    const late = outlay.patch('/expenses/{id}', { path, body: { title: 'Quills' }, ifMatch: 1 });

    expect([response.status, response.headers.get('location')]).toEqual([201, `/api/v1/expenses/${recorded.id}`]);
    expect([edited.title, edited.version]).toEqual(['Inks', 2]);
    await expect(late).rejects.toMatchObject({ status: 412, code: 'version_mismatch' });
    expect((await outlay.delete('/expenses/{id}', { path })).data.status).toBe('reversed');
  });

  it('has one effect when a write is sent twice under one key', async () => {
    const outlay = await signUp();
    const idempotencyKey = randomUUID();

    const first = await outlay.post('/expenses', { body: pens, idempotencyKey });
    const again = await outlay.post('/expenses', { body: pens, idempotencyKey });

    expect(again.data).toEqual(first.data);
    expect(again.response.headers.get('idempotent-replayed')).toBe('true');
  });

  it('reads a list to its end', async () => {
    const outlay = await signUp();
    const names = Array.from({ length: 7 }, (_, index) => `Shelf ${index}`);
    for (const name of names) await outlay.post('/categories', { body: { name } });

    const read: string[] = [];
    for await (const category of outlay.entries('/categories', { query: { limit: 3 } })) read.push(category.name);

    expect(read.sort()).toEqual(names);
  });

  it('imports a file from a form', async () => {
    const outlay = await signUp();
    const file = new File(['Date,Description,Amount\n2025-01-02,Ink,4.20\n'], 'card.csv', { type: 'text/csv' });

    const { data } = await outlay.post('/imports', { body: { file } });

    expect(data.file_name).toBe('card.csv');
  });

  it('says what is wrong with each field', async () => {
    const outlay = await signUp();

    const refusal = await outlay
      .post('/expenses', { body: { ...pens, amount: '4.205', title: '' } })
      .catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(OutlayProblem);
    const { code, errors, traceId } = refusal as OutlayProblem;
    expect([code, errors.map(({ field }) => field), traceId]).toEqual([
      'validation_failed',
      expect.arrayContaining(['title']),
      expect.stringMatching(/./),
    ]);
  });

  it('renews the session by itself, for all calls that find out together', async () => {
    const isOld = new Set<string>();
    const kept: string[] = [];
    const outlay = await signUp({
      // What the gateway says an hour later.
      fetch: async (request) => (isOld.has(request.headers.get('authorization') ?? '') ? expired() : fetch(request)),
      onSession: (session) => kept.push(session?.refresh_token ?? 'none'),
    });
    isOld.add(`Bearer ${outlay.session()?.access_token}`);

    const answers = await Promise.all(Array.from({ length: 5 }, () => outlay.get('/tenant')));

    expect(answers.map(({ data }) => data.name)).toEqual(Array(5).fill('Client Ltd'));
    expect(new Set(kept).size).toBe(2);
  });

  it('goes on with a session that was kept, until it is logged out', async () => {
    const first = await signUp();
    const second = clientOf({ session: first.session()! });
    expect((await second.get('/auth/me')).response.status).toBe(200);

    await second.logOut();

    expect(second.session()).toBeUndefined();
    await expect(first.get('/auth/me')).rejects.toMatchObject({ status: 401, code: 'session_revoked' });
  });
});

function expired(): Response {
  const body = JSON.stringify({ code: 'token_expired', status: 401, title: '', detail: '', type: '', trace_id: '' });
  return new Response(body, { status: 401, headers: { 'content-type': 'application/problem+json' } });
}
