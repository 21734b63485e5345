import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTcpProxy, type TcpProxy, testRedisUrl } from '@outlay/testkit';
import { password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let proxy: TcpProxy;
let identity: TestIdentity;
beforeAll(async () => {
  proxy = await createTcpProxy(testRedisUrl());
  identity = await startIdentity({ config: { redisUrl: proxy.url(testRedisUrl()) } });
});
afterAll(async () => {
  await identity.stop();
  await proxy.close();
});

let places = 0;
const newAddress = () => {
  places += 1;
  return `198.51.100.${places}`;
};
const guess = (email: string, clientAddress: string) =>
  refusalOf(identity.logIn(email, { password: 'a wrong guess', clientAddress }));
const guessTimes = async (count: number, email: string, clientAddress: string) => {
  for (let index = 0; index < count; index += 1) {
    expect(await guess(email, clientAddress)).toMatchObject({ code: 'invalid_credentials' });
  }
};

function throttles() {
  it('refuses the eleventh guess, and the right password with it, and says when to come back', async () => {
    const [owner, here] = [await identity.createOwner(), newAddress()];
    await guessTimes(10, owner.email, here);

    const error = await identity.logIn(owner.email, { password, clientAddress: here }).catch((reason) => reason);

    expect(error).toMatchObject({ kind: 'rate_limited', code: 'too_many_attempts' });
    const waitMs = Number(error.meta.retry_after_ms);
    expect(waitMs).toBeGreaterThan(800_000);
    expect(waitMs).toBeLessThanOrEqual(900_000);
  });

  it('treats strangers alike', async () => {
    const [stranger, here] = [`nobody-${newAddress()}@acme.example`, newAddress()];
    await guessTimes(10, stranger, here);

    expect(await guess(stranger, here)).toMatchObject({ code: 'too_many_attempts' });
  });

  it('lets the same person in from elsewhere, and others in from here', async () => {
    const [owner, other, here] = [await identity.createOwner(), await identity.createOwner(), newAddress()];
    await guessTimes(10, owner.email.toUpperCase(), here);

    await expect(identity.logIn(owner.email, { clientAddress: newAddress() })).resolves.toBeDefined();
    await expect(identity.logIn(other.email, { clientAddress: here })).resolves.toBeDefined();
    expect(await guess(owner.email, here)).toMatchObject({ code: 'too_many_attempts' });
  });

  it('forgets the failures of whoever finds the password', async () => {
    const [owner, here] = [await identity.createOwner(), newAddress()];
    await guessTimes(9, owner.email, here);
    await identity.logIn(owner.email, { clientAddress: here });

    await guessTimes(9, owner.email, here);

    await expect(identity.logIn(owner.email, { clientAddress: here })).resolves.toBeDefined();
  });

  it('lets few guesses through, however many come at once', async () => {
    const [owner, here] = [await identity.createOwner(), newAddress()];

    const refusals = await Promise.all(Array.from({ length: 60 }, () => guess(owner.email, here)));

    const answered = refusals.filter((refusal) => refusal.code === 'invalid_credentials');
    // Ten, and the one that was being hashed beside the tenth.
    expect(answered.length).toBeGreaterThanOrEqual(10);
    expect(answered.length).toBeLessThanOrEqual(11);
  });
}

describe('guessing passwords, with Redis', throttles);

describe('one place that tries many accounts', () => {
  it('is stopped after a hundred failures', async () => {
    const here = newAddress();
    for (let index = 0; index < 100; index += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, more) => guess(`n${index + more}@acme.example`, here)));
    }

    expect(await guess('one-more@acme.example', here)).toMatchObject({ code: 'too_many_attempts' });
  }, 20_000);
});

describe('guessing passwords, while Redis is away', () => {
  beforeAll(() => proxy.refuse());
  afterAll(() => proxy.resume());
  throttles();

  it('is counted in the database, without the addresses and e-mails that were tried', async () => {
    const rows = await identity.query<{ key: string }>('select key from identity.login_failures');

    expect(rows.length).toBeGreaterThan(0);
    for (const { key } of rows) expect(key).toMatch(/^login:(pair|address|account):[\w-]{43}$/);
  });
});

describe('guessing passwords, while Redis hangs', () => {
  it('is answered nonetheless', async () => {
    const owner = await identity.createOwner();
    proxy.hang();
    try {
      await expect(identity.logIn(owner.email, { clientAddress: newAddress() })).resolves.toBeDefined();
    } finally {
      await proxy.resume();
    }
  });
});
