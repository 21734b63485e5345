import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTcpProxy, eventually, type TcpProxy, testRedisUrl } from '@outlay/testkit';
import { Redis } from 'ioredis';
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
/** For more than one network has addresses for. */
const newPlace = () => {
  places += 1;
  return `2001:db8:ffff:${places.toString(16)}::1`;
};
const guess = (email: string, clientAddress: string) =>
  refusalOf(identity.logIn(email, { password: 'a wrong guess', clientAddress }));
const guessTimes = async (count: number, email: string, clientAddress: string) => {
  for (let index = 0; index < count; index += 1) {
    expect(await guess(email, clientAddress)).toMatchObject({ code: 'invalid_credentials' });
  }
};

/** How many places and accounts Redis counts failures of. */
async function countedInRedis(): Promise<number> {
  const redis = new Redis(testRedisUrl());
  const counted = await redis.keys('login:*');
  await redis.quit();
  return counted.length;
}

/** Takes what was counted out of Redis, as one that was killed has nothing when it starts again. */
async function forgetAll() {
  const redis = new Redis(testRedisUrl());
  const counted = await redis.keys('login:*');
  if (counted.length > 0) await redis.del(counted);
  await redis.quit();
}

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

describe('guesses at one account', () => {
  it('count together, however its address is spelled', async () => {
    const here = newAddress();
    const owner = await identity.createOwner({ email: `kim-${Date.now()}@acme.example` });
    const spellings = [
      owner.email,
      owner.email.toUpperCase(),
      ` ${owner.email}`,
      `${owner.email}\t`,
      // The sign of Kelvin, which is a K to whoever makes it lower case.
      owner.email.replace('k', '\u212a'),
    ];
    for (const spelling of spellings) await guessTimes(2, spelling, here);

    for (const spelling of spellings) expect(await guess(spelling, here)).toMatchObject({ code: 'too_many_attempts' });
  });

  it('are not those at an account that only looks like it, whose right password opens nothing', async () => {
    const here = newAddress();
    const owner = await identity.createOwner({ email: `mara-${Date.now()}@acme.example` });
    const lookAlikes = [
      owner.email.replace('a', '\u0430'),
      owner.email.replace('a', '\uff41'),
      owner.email.replace('a', 'a\u0301'),
      owner.email.replace('a', 'a\u200d'),
      owner.email.replace('@', '\uff20'),
      `${owner.email}.`,
      `"${owner.email.split('@')[0]}"@acme.example`,
    ];

    for (const lookAlike of lookAlikes) {
      const attempt = identity.logIn(lookAlike, { password, clientAddress: here });
      expect([lookAlike, await refusalOf(attempt)]).toMatchObject([lookAlike, { code: 'invalid_credentials' }]);
      await guess(lookAlike, here);
    }

    await expect(identity.logIn(owner.email, { clientAddress: here })).resolves.toBeDefined();
  });

  it('count together when they come from addresses of one IPv6 network, and apart from its neighbour', async () => {
    const owner = await identity.createOwner();
    const network = `2001:db8:${Date.now().toString(16).slice(-4)}:1`;
    const inNetwork = () =>
      `${network}:${[1, 2, 3, 4].map(() => Math.floor(Math.random() * 65_536).toString(16)).join(':')}`;
    for (let index = 0; index < 10; index += 1) await guessTimes(1, owner.email, inNetwork());

    expect(await guess(owner.email, inNetwork())).toMatchObject({ code: 'too_many_attempts' });
    expect(await guess(owner.email, `${network}::1`.toUpperCase())).toMatchObject({ code: 'too_many_attempts' });
    const neighbour = network.replace(/1$/, '2');
    await expect(identity.logIn(owner.email, { clientAddress: `${neighbour}::1` })).resolves.toBeDefined();
  });

  it('count together when an IPv4 address is written as IPv6', async () => {
    const [owner, here] = [await identity.createOwner(), newAddress()];
    await guessTimes(5, owner.email, here);
    await guessTimes(5, owner.email, `::ffff:${here}`);

    for (const spelling of [here, `::FFFF:${here}`, `0:0:0:0:0:ffff:${here}`]) {
      expect(await guess(owner.email, spelling)).toMatchObject({ code: 'too_many_attempts' });
    }
  });
});

describe('guessing passwords at several replicas at once', () => {
  let others: TestIdentity[];
  beforeAll(async () => {
    const config = { redisUrl: identity.config.redisUrl, databaseUrl: identity.config.databaseUrl };
    others = await Promise.all([startIdentity({ config }), startIdentity({ config })]);
  });
  afterAll(() => Promise.all(others.map((other) => other.stop())));

  it('lets no more through than each may hash beside the last', async () => {
    const [owner, here] = [await identity.createOwner(), newAddress()];
    const replicas = [identity, ...others];
    const guessAt = (replica: TestIdentity) =>
      refusalOf(replica.logIn(owner.email, { password: 'a wrong guess', clientAddress: here }));

    const refusals = await Promise.all(Array.from({ length: 90 }, (_, index) => guessAt(replicas[index % 3]!)));

    const answered = refusals.filter((refusal) => refusal.code === 'invalid_credentials');
    expect(answered.length).toBeGreaterThanOrEqual(10);
    expect(answered.length).toBeLessThanOrEqual(10 + 5);
    for (const replica of replicas) expect(await guessAt(replica)).toMatchObject({ code: 'too_many_attempts' });
    await expect(others[0]!.logIn(owner.email, { clientAddress: newAddress() })).resolves.toBeDefined();
  });
});

describe('guessing passwords, when Redis is lost in between', () => {
  it('gives nobody a guess more: neither while it is away, nor when it is back and knows nothing', async () => {
    const [owner, here] = [await identity.createOwner(), newAddress()];
    await guessTimes(4, owner.email, here);
    await proxy.refuse();
    await guessTimes(3, owner.email, here);
    await forgetAll();
    await proxy.resume();
    await eventually(() => expect(proxy.openConnections()).toBeGreaterThan(0));
    await guessTimes(3, owner.email, here);

    expect(await guess(owner.email, here)).toMatchObject({ code: 'too_many_attempts' });
    await expect(identity.logIn(owner.email, { clientAddress: newAddress() })).resolves.toBeDefined();
  });

  it('holds for guesses that come at once', async () => {
    const [owner, here] = [await identity.createOwner(), newAddress()];

    const guessing = Promise.all(Array.from({ length: 60 }, () => guess(owner.email, here)));
    await proxy.refuse();
    const refusals = await guessing;
    await proxy.resume();

    const answered = refusals.filter((refusal) => refusal.code === 'invalid_credentials');
    expect(answered.length).toBeGreaterThanOrEqual(10);
    expect(answered.length).toBeLessThanOrEqual(11);
    expect(refusals.filter((refusal) => refusal.code === 'too_many_attempts')).toHaveLength(60 - answered.length);
  });
});

describe('one place that tries many accounts', () => {
  it('is stopped after a hundred failures', async () => {
    const here = newAddress();
    for (let index = 0; index < 100; index += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, more) => guess(`n${index + more}@acme.example`, here)));
    }

    expect(await guess('one-more@acme.example', here)).toMatchObject({ code: 'too_many_attempts' });
  }, 120_000);

  it('is stopped though it signs in to an account of its own in between', async () => {
    const [own, here] = [await identity.createOwner(), newAddress()];
    for (let index = 0; index < 100; index += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, more) => guess(`o${index + more}@acme.example`, here)));
      if (index < 90) await identity.logIn(own.email, { clientAddress: here });
    }

    expect(await guess('one-more@acme.example', here)).toMatchObject({ code: 'too_many_attempts' });
  }, 120_000);
});

describe('many places that try one account', () => {
  it('are stopped after a hundred failures, wherever the next comes from, and other accounts are not', async () => {
    const [owner, other] = [await identity.createOwner(), await identity.createOwner()];
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 5 }, () => guess(owner.email, newPlace())));
      // That its owner finds the password ends the wait at their own place alone.
      if (round === 10) await identity.logIn(owner.email, { clientAddress: newPlace() });
    }

    const signingIn = identity.logIn(owner.email, { password, clientAddress: newPlace() });
    expect(await refusalOf(signingIn)).toMatchObject({ kind: 'rate_limited', code: 'too_many_attempts' });
    await expect(identity.logIn(other.email, { clientAddress: newPlace() })).resolves.toBeDefined();
  }, 120_000);
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
    await forgetAll();
    // Only who is connected can be left hanging; it was away before this.
    await eventually(async () => {
      await guess(`nobody-${newAddress()}@acme.example`, newAddress());
      expect(await countedInRedis()).toBeGreaterThan(0);
    });
    proxy.hang();
    try {
      await expect(identity.logIn(owner.email, { clientAddress: newAddress() })).resolves.toBeDefined();
    } finally {
      await proxy.resume();
    }
  });
});
