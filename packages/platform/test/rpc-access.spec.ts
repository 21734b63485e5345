import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createTestIssuer } from '@outlay/testkit';
import { callerWith, echoHandlers, issuer, messages, nobody, readAll, start, stopAll } from './support/echo.ts';
import type { EchoMessage } from './support/echo-service.ts';

afterEach(stopAll);

describe('who may call', () => {
  const tenantId = '0190d9a0-0000-7000-8000-000000000001';
  const otherId = '0190d9a0-0000-7000-8000-000000000002';
  const echo = async (_context: unknown, request: EchoMessage) => request;

  const callers = {
    nobody,
    forged: callerWith('not.a.token'),
    user: callerWith(issuer.token()),
    member: callerWith(issuer.token({ tenantId, role: 'member' })),
    owner: callerWith(issuer.token({ tenantId, role: 'owner' })),
    platformAdmin: callerWith(issuer.token({ platformAdmin: true })),
    service: callerWith(issuer.token({ kind: 'service', userId: 'ledger' })),
    serviceForTenant: callerWith(issuer.token({ kind: 'service' }), { tenantId: tenantId as never }),
    serviceAdmin: callerWith(issuer.token({ kind: 'service', platformAdmin: true })),
  };
  const all = Object.keys(callers) as (keyof typeof callers)[];

  it.each([
    ['public', all],
    ['user', ['user', 'member', 'owner', 'platformAdmin']],
    ['tenant', ['member', 'owner']],
    ['service', ['service', 'serviceForTenant', 'serviceAdmin']],
    ['tenant_or_service', ['member', 'owner', 'serviceForTenant']],
    ['platform_admin', ['platformAdmin']],
  ] as const)('%s lets in %p', async (access, allowed) => {
    const { client } = await start({ getEcho: { access, handle: echo } });
    for (const name of all) {
      const call = client.getEcho(callers[name], { text: name });
      if ((allowed as readonly string[]).includes(name)) await expect(call).resolves.toEqual({ text: name });
      else {
        const kind = name === 'nobody' || name === 'forged' ? 'unauthenticated' : 'forbidden';
        await expect(call).rejects.toMatchObject({ kind });
      }
    }
  });

  it('is narrowed by roles', async () => {
    const { client } = await start({ getEcho: { access: 'tenant', roles: ['owner', 'admin'], handle: echo } });
    await client.getEcho(callers.owner, { text: '' });
    await expect(client.getEcho(callers.member, { text: '' })).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'role_required',
    });
  });

  it('is narrowed by roles for users alone', async () => {
    const { client } = await start({ getEcho: { access: 'tenant_or_service', roles: ['owner'], handle: echo } });
    await client.getEcho(callers.owner, { text: '' });
    await client.getEcho(callers.serviceForTenant, { text: '' });
    await expect(client.getEcho(callers.member, { text: '' })).rejects.toMatchObject({ code: 'role_required' });
  });

  it('is checked for streams as well', async () => {
    const { client } = await start({
      listEchoes: { ...echoHandlers.listEchoes, access: 'service' },
      collectEchoes: { ...echoHandlers.collectEchoes, access: 'service' },
    } as Parameters<typeof start>[0]);
    await expect(readAll(client.listEchoes(nobody, { text: '', count: 1 }))).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
    await expect(client.collectEchoes(callers.member, messages('a'))).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await readAll(client.listEchoes(callers.service, { text: '', count: 1 }))).toHaveLength(1);
  });

  it('makes the context from the token alone', async () => {
    let seen: unknown;
    const { client } = await start({
      getEcho: {
        access: 'tenant',
        handle: async (context, request) => {
          seen = context;
          return request;
        },
      },
    });
    const [userId, sessionId] = [randomUUID(), randomUUID()];
    const token = issuer.token({ tenantId, role: 'analyst', userId, sessionId, scopes: ['read'] });
    await client.getEcho(callerWith(token, { role: 'owner', platformAdmin: true }), { text: '' });
    expect(seen).toMatchObject({
      actor: { kind: 'user', id: userId },
      tenantId,
      role: 'analyst',
      platformAdmin: false,
      sessionId,
      scopes: ['read'],
      requestId: 'request-1',
      token,
    });
  });

  it('refuses a user who names another tenant, and lets a service name one', async () => {
    const named = { tenantId: otherId as never };
    const seen: unknown[] = [];
    const { client } = await start({
      getEcho: { access: 'tenant', handle: echo },
      sendEcho: {
        access: 'service',
        handle: async (context, request) => {
          seen.push(context.tenantId);
          return request;
        },
      },
    });
    await expect(client.getEcho({ ...callers.owner, ...named }, { text: '' })).rejects.toMatchObject({
      code: 'tenant_mismatch',
    });
    await client.sendEcho({ ...callers.service, ...named }, { text: '' });
    await client.sendEcho(callers.service, { text: '' });
    expect(seen).toEqual([otherId, undefined]);
  });

  it('gives calls without a token the one of the service', async () => {
    const { connect } = await start({ getEcho: { access: 'service', handle: echo } });
    const client = connect({ tokenSource: async () => issuer.token({ kind: 'service' }) });
    await client.getEcho(nobody, { text: '' });
    await expect(client.getEcho(callers.owner, { text: '' })).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('mutual TLS', () => {
  const file = (name: string) => readFileSync(new URL(`./fixtures/tls/${name}`, import.meta.url));
  const tls = { ca: file('ca.crt'), cert: file('service.crt'), key: file('service.key') };
  const strangerTls = { ca: file('ca.crt'), cert: file('stranger.crt'), key: file('stranger.key') };

  it('lets services with certificates of one authority talk, and nobody else', async () => {
    const echo = await start({}, { tls });
    const connect = (files?: typeof tls) =>
      echo.connect({ address: echo.address.replace('127.0.0.1', 'localhost'), tls: files });
    expect(await connect(tls).getEcho(nobody, { text: 'sealed' })).toEqual({ text: 'sealed' });
    for (const other of [connect(strangerTls), connect()]) {
      const call = other.getEcho(nobody, { text: '' }, { deadlineMs: 1_000 });
      await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
    }
  });
});

describe('a service’s own token', () => {
  const good = () => issuer.token({ kind: 'service', userId: 'ledger' });
  const foreign = createTestIssuer().token({ kind: 'service', userId: 'ledger' });
  /** A source whose first token is refused, as that of a key which was withdrawn. */
  const newSource = (...tokens: string[]) => {
    const source = Object.assign(async () => String(tokens[0]), {
      forget: (token: string) => {
        if (token === tokens[0]) tokens.shift();
      },
    });
    return { source, tokens };
  };
  const serviceAlone = { access: 'service', handle: echoHandlers.sendEcho.handle } as const;

  it('that is refused is given up for another, with which the call is made again', async () => {
    const { source } = newSource(foreign, good());
    const { client } = await start({ sendEcho: serviceAlone }, { client: { tokenSource: source } });

    await expect(client.sendEcho(nobody, { text: 'hello' })).resolves.toMatchObject({ text: 'hello' });
  });

  it('is fetched once more and no oftener', async () => {
    const { source, tokens } = newSource(foreign, foreign.slice(0, -4), good());
    const { client } = await start({ sendEcho: serviceAlone }, { client: { tokenSource: source } });

    await expect(client.sendEcho(nobody, { text: '' })).rejects.toMatchObject({ code: 'token_invalid' });
    expect(tokens).toHaveLength(2);
  });

  it('is not put in the place of a person’s', async () => {
    const { source, tokens } = newSource(good());
    const { client } = await start({ sendEcho: serviceAlone }, { client: { tokenSource: source } });

    await expect(client.sendEcho(callerWith(foreign), { text: '' })).rejects.toMatchObject({ code: 'token_invalid' });
    expect(tokens).toHaveLength(1);
  });

  it('that a stream was refused for is another one the next time', async () => {
    const { source } = newSource(foreign, good());
    const listing = { access: 'service', handle: echoHandlers.listEchoes.handle } as const;
    const { client } = await start({ listEchoes: listing }, { client: { tokenSource: source } });
    const read = () => readAll(client.listEchoes(nobody, { text: 'x', count: 2 }));

    await expect(read()).rejects.toMatchObject({ code: 'token_invalid' });
    expect(await read()).toHaveLength(2);
  });
});
