import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallerContext, newId } from '@outlay/platform';
import { peopleOf } from './driver/people.ts';
import { bearing, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
let now = () => new Date();
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => now() } });
  people = peopleOf(identity);
});
afterAll(() => identity.stop());

type Owner = Awaited<ReturnType<typeof people.owner>>;

const create = (by: { context: CallerContext }, given: { name?: string; scopes?: string[]; expiresAt?: Date } = {}) =>
  identity.client.createApiKey(by.context, {
    name: 'Import',
    scopes: ['expenses:write'],
    expiresAt: undefined,
    ...given,
  });
let places = 0;
const newAddress = () => {
  places += 1;
  return `203.0.113.${places}`;
};
const exchange = async (secret: string, address = newAddress()) =>
  identity.client.exchangeApiKey(
    { ...(await identity.asService()), client: { address, userAgent: 'machine' } },
    { secret },
  );
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8'));
/** Moves everything that is known of a key into the past. */
const age = async (apiKeyId: string, column: string, seconds: number) => {
  const table = column === 'ends_at' ? 'api_key_secrets' : 'api_keys';
  const id = column === 'ends_at' ? 'api_key_id' : 'id';
  await identity.query(
    `update identity.${table} set ${column} = ${column} - $2 * interval '1 second' where ${id} = $1`,
    [apiKeyId, seconds],
  );
};
const refused = { kind: 'unauthenticated', code: 'api_key_invalid', message: 'The API key is not valid' };

describe('an API key', () => {
  it('is made with a secret that is told once and kept nowhere', async () => {
    const owner = await people.owner();

    const { apiKey, secret } = await create(owner, { name: ' Import ', scopes: ['expenses:write', 'expenses:read'] });

    expect(secret).toMatch(/^outlay_[\w-]{43}$/);
    expect(apiKey).toEqual({
      id: expect.any(String),
      name: 'Import',
      scopes: ['expenses:read', 'expenses:write'],
      prefix: secret.slice(0, 13),
      createdBy: owner.user.id,
      createdAt: expect.any(Date),
      expiresAt: undefined,
      lastUsedAt: undefined,
      revokedAt: undefined,
      overlapEndsAt: undefined,
      version: 1n,
    });
    expect((await identity.client.getApiKey(owner.context, { apiKeyId: apiKey!.id })).apiKey).toEqual(apiKey);
    const rows = await identity.query(
      `select to_jsonb(k) as key, to_jsonb(s) as secret from identity.api_keys as k
       join identity.api_key_secrets as s on s.api_key_id = k.id where k.id = $1`,
      [apiKey!.id],
    );
    expect(JSON.stringify(rows)).not.toContain(secret.slice(14));
    expect(await people.securityLogOf(owner.tenantId)).toContainEqual({
      kind: 'api_key.created',
      actor_kind: 'user',
      actor_id: owner.user.id,
      user_id: null,
      details: { api_key_id: apiKey!.id, scopes: apiKey!.scopes },
    });
  });

  it('gives the same secret again to the same idempotency key, and keeps it sealed', async () => {
    const owner = await people.owner();
    const keyed = { context: { ...owner.context, idempotencyKey: randomUUID() } };

    const [first, second] = [await create(keyed), await create(keyed)];

    expect(second).toEqual({ ...first, replayed: true });
    expect(await refusalOf(create(keyed, { name: 'Other' }))).toMatchObject({ code: 'idempotency_key_reused' });
    const [stored] = await identity.query<{ answer: Buffer }>(
      'select sealed_answer as answer from identity.idempotent_answers where key = $1',
      [keyed.context.idempotencyKey],
    );
    expect(stored!.answer.includes(first.secret)).toBe(false);
  });

  it('is another one in each tenant, though the same person sends the same idempotency key', async () => {
    const [mara, elsewhere] = [await people.owner(), await people.owner()];
    const there = await people.member(elsewhere.tenantId, 'admin', { email: mara.email });
    const idempotencyKey = randomUUID();

    const own = await create({ context: { ...mara.context, idempotencyKey } });
    const other = await create({ context: { ...there.context, idempotencyKey } });

    expect([own.replayed, other.replayed]).toEqual([false, false]);
    expect(other.secret).not.toBe(own.secret);
    expect(claimsOf((await exchange(other.secret)).accessToken)).toMatchObject({ tid: elsewhere.tenantId });
  });

  it('is not made of scopes that nobody knows, of none, or to end before it begins', async () => {
    const owner = await people.owner();

    for (const given of [{ scopes: ['everything'] }, { scopes: [] }, { expiresAt: new Date(Date.now() - 1) }]) {
      expect(await refusalOf(create(owner, given))).toMatchObject({ kind: 'invalid', code: 'validation_failed' });
    }
  });

  it('is managed by owners and admins, freshly signed in, of its own tenant', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    const analyst = await people.member(owner.tenantId, 'analyst');
    const { apiKey } = await create(owner);
    const apiKeyId = apiKey!.id;

    expect(await refusalOf(create(analyst))).toMatchObject({ code: 'role_required' });
    for (const attempt of [
      identity.client.getApiKey(stranger.context, { apiKeyId }),
      identity.client.revokeApiKey(stranger.context, { apiKeyId, version: undefined }),
      identity.client.rotateApiKey(stranger.context, { apiKeyId, overlapSeconds: undefined, version: undefined }),
      identity.client.updateApiKey(stranger.context, {
        apiKeyId,
        name: 'Mine',
        scopes: [],
        updateScopes: false,
        version: undefined,
      }),
    ]) {
      expect(await refusalOf(attempt)).toMatchObject({ kind: 'not_found', code: 'api_key_not_found' });
    }
    await identity.query(
      `update identity.sessions set authenticated_at = now() - interval '16 minutes' where id = $1`,
      [owner.session.sessionId],
    );
    const { session } = await identity.refresh(owner.session.refreshToken);
    const stale = create({ context: bearing(session!.accessToken) });
    expect(await refusalOf(stale)).toMatchObject({ code: 'fresh_login_required' });
    await expect(exchange((await create(stranger)).secret)).resolves.toBeDefined();
  });

  it('is not managed by whoever has lost their role since their token was issued', async () => {
    const owner = await people.owner();
    const admin = await people.member(owner.tenantId, 'admin');
    const { apiKey } = await create(owner);
    const named = { apiKeyId: apiKey!.id, version: undefined };
    await identity.query(`update identity.memberships set role = 'analyst' where user_id = $1`, [admin.user.id]);

    const refusals = [
      create(admin),
      identity.client.updateApiKey(admin.context, { ...named, name: 'Mine', scopes: [], updateScopes: false }),
      identity.client.rotateApiKey(admin.context, { ...named, overlapSeconds: undefined }),
      identity.client.revokeApiKey(admin.context, named),
    ].map(refusalOf);

    for (const refusal of await Promise.all(refusals)) {
      expect(refusal).toMatchObject({ kind: 'forbidden', code: 'role_required' });
    }
  });

  it('is listed newest first, a page at a time, in its tenant', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    const made = [await create(owner), await create(owner), await create(owner)].map(({ apiKey }) => apiKey!.id);
    const list = (by: Owner, cursor = '') => identity.client.listApiKeys(by.context, { page: { limit: 2, cursor } });

    const first = await list(owner);
    const second = await list(owner, first.page!.nextCursor);

    expect([...first.apiKeys, ...second.apiKeys].map(({ id }) => id)).toEqual(made.toReversed());
    expect(second.page!.hasMore).toBe(false);
    expect((await list(stranger)).apiKeys).toEqual([]);
  });

  it('changes its name and scopes, for whoever has seen its last version', async () => {
    const owner = await people.owner();
    const { apiKey, secret } = await create(owner);
    const update = (given: { name?: string; scopes?: string[]; version?: bigint }) =>
      identity.client.updateApiKey(owner.context, {
        apiKeyId: apiKey!.id,
        name: given.name,
        scopes: given.scopes ?? [],
        updateScopes: given.scopes !== undefined,
        version: given.version,
      });

    expect((await update({ name: 'Renamed', version: 1n })).apiKey).toMatchObject({
      name: 'Renamed',
      scopes: ['expenses:write'],
      version: 2n,
    });
    expect(await refusalOf(update({ name: 'Again', version: 1n }))).toMatchObject({ code: 'version_mismatch' });
    await update({ scopes: ['reports:read'] });

    expect(claimsOf((await exchange(secret)).accessToken).scp).toEqual(['reports:read']);
    expect(await refusalOf(update({ scopes: [] }))).toMatchObject({ kind: 'invalid' });
  });
});

describe('exchanging an API key', () => {
  it('gives a token of five minutes that says which key, which tenant, and what it may', async () => {
    const owner = await people.owner();
    const { apiKey, secret } = await create(owner);

    const before = Date.now();
    const { accessToken, expiresInSeconds } = await exchange(secret);
    const after = Date.now();

    expect(expiresInSeconds).toBe(300);
    const claims = claimsOf(accessToken);
    expect(claims).toMatchObject({
      kind: 'api_key',
      sub: apiKey!.id,
      sid: apiKey!.id,
      tid: owner.tenantId,
      role: 'admin',
      scp: ['expenses:write'],
    });
    expect(claims.exp - claims.iat).toBe(300);
    const { apiKey: used } = await identity.client.getApiKey(owner.context, { apiKeyId: apiKey!.id });
    const minute = (ms: number) => ms - (ms % 60_000);
    expect([minute(before), minute(after)]).toContain(used!.lastUsedAt!.getTime());
  });

  it('is for services alone', async () => {
    const owner = await people.owner();
    const { secret } = await create(owner);

    expect(await refusalOf(identity.client.exchangeApiKey(owner.context, { secret }))).toMatchObject({
      code: 'access_denied',
    });
  });

  it('gives a token that opens what its scopes are for, and no more', async () => {
    const owner = await people.owner();
    const { secret } = await create(owner, { scopes: ['members:read'] });
    const machine = bearing((await exchange(secret)).accessToken);
    const list = { page: { limit: 5, cursor: '' }, role: '' };

    expect((await identity.client.listMembers(machine, list)).members).toHaveLength(1);
    for (const attempt of [
      identity.client.inviteMember(machine, { email: 'x@acme.example', role: 'admin' }),
      create({ context: machine }),
      identity.client.listApiKeys(machine, { page: undefined }),
      identity.client.leaveTenant(machine, {}),
      identity.client.transferOwnership(machine, { userId: owner.user.id, version: undefined }),
    ]) {
      expect(await refusalOf(attempt)).toMatchObject({ kind: 'forbidden', code: 'scope_required' });
    }
    expect(await refusalOf(identity.client.getMe(machine, {}))).toMatchObject({ code: 'access_denied' });
    const other = bearing((await exchange((await create(owner)).secret)).accessToken);
    expect(await refusalOf(identity.client.listMembers(other, list))).toMatchObject({ code: 'scope_required' });
  });

  it('answers alike for a secret that nobody has, one that was revoked, and one that has expired', async () => {
    const owner = await people.owner();
    const [revoked, expired] = [
      await create(owner),
      await create(owner, { expiresAt: new Date(Date.now() + 3_600_000) }),
    ];
    await identity.client.revokeApiKey(owner.context, { apiKeyId: revoked.apiKey!.id, version: undefined });
    await age(expired.apiKey!.id, 'expires_at', 3_601);

    for (const secret of [
      revoked.secret,
      expired.secret,
      `outlay_${'A'.repeat(43)}`,
      'outlay_',
      revoked.secret.slice(7),
      '',
    ]) {
      expect(await refusalOf(exchange(secret))).toEqual(refused);
    }
  });

  it('gives a token that ends with the key', async () => {
    const owner = await people.owner();
    const { secret, apiKey } = await create(owner, { expiresAt: new Date(Date.now() + 60_000) });

    const { expiresInSeconds, accessToken } = await exchange(secret);

    expect(expiresInSeconds).toBeLessThanOrEqual(60);
    expect(claimsOf(accessToken).exp * 1000).toBeLessThanOrEqual(apiKey!.expiresAt!.getTime());
  });

  it('is slowed down for an address that shows bad keys, and never for a good one', async () => {
    const owner = await people.owner();
    const { secret } = await create(owner);
    const address = newAddress();
    for (let attempt = 0; attempt < 100; attempt += 1) {
      expect(await refusalOf(exchange('outlay_bad', address))).toEqual(refused);
    }

    expect(await refusalOf(exchange('outlay_bad', address))).toMatchObject({
      kind: 'rate_limited',
      code: 'rate_limited',
    });
    await expect(exchange(secret, address)).resolves.toBeDefined();
    expect(await refusalOf(exchange('outlay_bad'))).toEqual(refused);
  });

  it('does not write for each use', async () => {
    const owner = await people.owner();
    const { secret, apiKey } = await create(owner);
    await exchange(secret);
    const version = () =>
      identity.query('select xmin from identity.api_keys where id = $1', [apiKey!.id]).then(([row]) => row);
    // Away from the turn of a minute.
    const at = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 30_000);
    now = () => at;
    await exchange(secret);
    const before = await version();
    for (let use = 0; use < 5; use += 1) await exchange(secret);
    now = () => new Date();

    expect(await version()).toEqual(before);
  });
});

describe('rotating an API key', () => {
  it('gives a new secret, beside which the one before works for a day', async () => {
    const owner = await people.owner();
    const { apiKey, secret: first } = await create(owner);
    const rotate = (overlapSeconds?: number) =>
      identity.client.rotateApiKey(owner.context, { apiKeyId: apiKey!.id, overlapSeconds, version: undefined });

    const { apiKey: rotated, secret: second } = await rotate();

    expect(second).not.toBe(first);
    expect(rotated).toMatchObject({ id: apiKey!.id, prefix: second.slice(0, 13), version: 2n });
    expect(rotated!.overlapEndsAt!.getTime() - Date.now()).toBeGreaterThan(86_390_000);
    for (const secret of [first, second]) expect(claimsOf((await exchange(secret)).accessToken).sub).toBe(apiKey!.id);
    await age(apiKey!.id, 'ends_at', 86_401);
    expect(await refusalOf(exchange(first))).toEqual(refused);
    await expect(exchange(second)).resolves.toBeDefined();
  });

  it('ends the secret before the last at once, and the last one where there is no overlap', async () => {
    const owner = await people.owner();
    const { apiKey, secret: first } = await create(owner);
    const rotate = (overlapSeconds?: number) =>
      identity.client.rotateApiKey(owner.context, { apiKeyId: apiKey!.id, overlapSeconds, version: undefined });
    const { secret: second } = await rotate();
    const { secret: third } = await rotate(60);

    expect(await refusalOf(exchange(first))).toEqual(refused);
    expect((await exchange(second)).expiresInSeconds).toBeLessThanOrEqual(60);
    const { secret: fourth, apiKey: last } = await rotate(0);

    expect(last!.overlapEndsAt).toBeUndefined();
    expect(await refusalOf(exchange(third))).toEqual(refused);
    await expect(exchange(fourth)).resolves.toBeDefined();
    expect(await refusalOf(rotate(604_801))).toMatchObject({ kind: 'invalid' });
  });

  it('leaves one newest secret of any number of rotations at once', async () => {
    const owner = await people.owner();
    const { apiKey } = await create(owner);

    const rotations = await Promise.all(
      Array.from({ length: 5 }, () =>
        identity.client.rotateApiKey(owner.context, { apiKeyId: apiKey!.id, overlapSeconds: 0, version: undefined }),
      ),
    );

    const outcomes = await Promise.allSettled(rotations.map(({ secret }) => exchange(secret)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is refused for a key that works no more', async () => {
    const owner = await people.owner();
    const { apiKey } = await create(owner);
    await identity.client.revokeApiKey(owner.context, { apiKeyId: apiKey!.id, version: undefined });

    const attempt = identity.client.rotateApiKey(owner.context, {
      apiKeyId: apiKey!.id,
      overlapSeconds: 0,
      version: undefined,
    });

    expect(await refusalOf(attempt)).toMatchObject({ kind: 'conflict', code: 'api_key_ended' });
  });
});

describe('revoking an API key', () => {
  it('ends its secrets, and tells gateways to refuse its tokens', async () => {
    const owner = await people.owner();
    const { apiKey, secret: first } = await create(owner);
    const { secret: second } = await identity.client.rotateApiKey(owner.context, {
      apiKeyId: apiKey!.id,
      overlapSeconds: undefined,
    });
    const bystander = await create(owner);

    const { apiKey: revoked } = await identity.client.revokeApiKey(owner.context, {
      apiKeyId: apiKey!.id,
      version: undefined,
    });

    expect(revoked).toMatchObject({ revokedAt: expect.any(Date), version: 3n, overlapEndsAt: undefined });
    for (const secret of [first, second]) expect(await refusalOf(exchange(secret))).toEqual(refused);
    const { sessionIds } = await identity.client.listRevokedSessions(await identity.asService(), { since: undefined });
    expect(sessionIds.filter((id) => id === apiKey!.id)).toHaveLength(1);
    expect(sessionIds).not.toContain(bystander.apiKey!.id);
    const again = await identity.client.revokeApiKey(owner.context, { apiKeyId: apiKey!.id, version: undefined });
    expect(again.apiKey).toEqual(revoked);
  });

  it('is refused for one that does not exist', async () => {
    const owner = await people.owner();

    expect(
      await refusalOf(identity.client.revokeApiKey(owner.context, { apiKeyId: newId(), version: undefined })),
    ).toMatchObject({
      code: 'api_key_not_found',
    });
  });
});

describe('an API key that has changed since it was seen', () => {
  it('is neither rotated nor revoked', async () => {
    const owner = await people.owner();
    const { apiKey } = await create(owner);
    const apiKeyId = apiKey!.id;
    const mismatch = { kind: 'precondition_failed', code: 'version_mismatch' };
    const rotate = (version: bigint) =>
      identity.client.rotateApiKey(owner.context, { apiKeyId, overlapSeconds: 0, version });
    const revoke = (version: bigint) => identity.client.revokeApiKey(owner.context, { apiKeyId, version });

    expect(await refusalOf(rotate(2n))).toMatchObject(mismatch);
    expect((await rotate(1n)).apiKey).toMatchObject({ version: 2n });
    expect(await refusalOf(revoke(1n))).toMatchObject(mismatch);
    expect((await revoke(2n)).apiKey).toMatchObject({ version: 3n, revokedAt: expect.any(Date) });
  });
});

describe('the API keys of a tenant', () => {
  it('are a hundred that work at most, whatever is tried at once', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    await identity.query(
      `insert into identity.api_keys (tenant_id, id, name, scopes, created_by, created_at, revoked_at)
       select $1, gen_random_uuid(), 'Old', '{expenses:read}', $2, now(), case when number > 98 then now() end
       from generate_series(1, 120) as number`,
      [owner.tenantId, owner.user.id],
    );

    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => create(owner)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await refusalOf(create(owner))).toMatchObject({ kind: 'conflict', code: 'too_many_api_keys' });
    await expect(create(stranger)).resolves.toBeDefined();
    const [made] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    await identity.client.revokeApiKey(owner.context, { apiKeyId: made!.apiKey!.id, version: undefined });
    await expect(create(owner)).resolves.toBeDefined();
  });
});
