import { describe, expect, it } from '@jest/globals';
import { anonymousContext, rateLimited, unauthenticated, unavailable } from '@outlay/platform';
import { createApiKeyTokens } from './api-key-tokens.ts';

const secret = `outlay_${'A'.repeat(43)}`;
const context = anonymousContext();

function newTokens() {
  const identity = { now: 0, asked: 0, seconds: 300, failure: undefined as unknown, gate: Promise.resolve() };
  const address = { isExhausted: false, failures: 0 };
  const attempts = {
    assertAllowed() {
      if (address.isExhausted) throw rateLimited('rate_limited', 'no', 1_000);
    },
    recordFailure() {
      address.failures += 1;
    },
  };
  const tokens = createApiKeyTokens({
    clock: () => new Date(identity.now),
    identity: {
      exchangeApiKey: async () => {
        identity.asked += 1;
        const number = identity.asked;
        await identity.gate;
        if (identity.failure) throw identity.failure;
        return { accessToken: `token-${number}`, expiresInSeconds: identity.seconds };
      },
    },
  });
  return { identity, address, tokenOf: (given = secret) => tokens.tokenOf(given, context, attempts) };
}

const settled = () => new Promise(setImmediate);

describe('the tokens of API keys', () => {
  it('are exchanged for once by callers at the same time, each key by itself', async () => {
    const { identity, tokenOf } = newTokens();

    const tokens = await Promise.all([tokenOf(), tokenOf(), tokenOf(), tokenOf(`outlay_${'B'.repeat(43)}`)]);

    expect(tokens).toEqual(['token-1', 'token-1', 'token-1', 'token-2']);
    expect(identity.asked).toBe(2);
  });

  it('are renewed each minute behind the caller’s back', async () => {
    const { identity, tokenOf } = newTokens();
    await tokenOf();
    identity.now = 59_999;
    expect(await tokenOf()).toBe('token-1');
    identity.now = 60_000;
    expect(await tokenOf()).toBe('token-1');
    await settled();
    expect(await tokenOf()).toBe('token-2');
    expect(identity.asked).toBe(2);
  });

  it('go on while identity is away, until shortly before their end', async () => {
    const { identity, tokenOf } = newTokens();
    await tokenOf();
    identity.failure = unavailable('unavailable', 'away');
    identity.now = 269_000;
    expect(await tokenOf()).toBe('token-1');
    await settled();
    identity.now = 270_000;
    await expect(tokenOf()).rejects.toMatchObject({ kind: 'unavailable' });
    identity.failure = undefined;
    expect(await tokenOf()).toMatch(/^token-/);
  });

  it('are not had while identity is away and the key is new', async () => {
    const { identity, tokenOf } = newTokens();
    identity.failure = unavailable('unavailable', 'away');
    await expect(tokenOf()).rejects.toMatchObject({ kind: 'unavailable' });
    identity.failure = undefined;
    expect(await tokenOf()).toBe('token-2');
  });

  it('end with a key that was refused, which is remembered for a second', async () => {
    const { identity, tokenOf } = newTokens();
    await tokenOf();
    identity.now = 61_000;
    identity.failure = unauthenticated('api_key_invalid', 'no');
    await tokenOf();
    await settled();
    await expect(tokenOf()).rejects.toMatchObject({ code: 'api_key_invalid' });
    await expect(tokenOf()).rejects.toMatchObject({ code: 'api_key_invalid' });
    expect(identity.asked).toBe(2);
    identity.failure = undefined;
    identity.now = 62_001;
    expect(await tokenOf()).toBe('token-3');
  });

  it('hand on that there were too many bad keys', async () => {
    const { identity, tokenOf } = newTokens();
    identity.failure = rateLimited('rate_limited', 'no', 5_000);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(tokenOf()).rejects.toMatchObject({ code: 'rate_limited' });
    }
    expect(identity.asked).toBe(1);
  });

  it('are asked for of nothing that cannot be a key', async () => {
    const { identity, tokenOf } = newTokens();
    for (const odd of ['outlay_', `${secret}A`, secret.slice(1), `outlay_${'.'.repeat(43)}`]) {
      await expect(tokenOf(odd)).rejects.toMatchObject({ kind: 'unauthenticated', code: 'api_key_invalid' });
    }
    expect(identity.asked).toBe(0);
  });

  it('are not asked for again and again of a key that stays refused', async () => {
    const { identity, address, tokenOf } = newTokens();
    identity.failure = unauthenticated('api_key_invalid', 'no');
    for (identity.now = 0; identity.now < 600_000; identity.now += 500) {
      await expect(tokenOf()).rejects.toMatchObject({ code: 'api_key_invalid' });
    }
    expect(identity.asked).toBeLessThan(20);
    expect(address.failures).toBe(identity.asked);
    identity.failure = undefined;
    identity.now += 60_000;
    expect(await tokenOf()).toMatch(/^token-/);
  });

  it('are not asked for where too many came from there, but for keys that were good', async () => {
    const { identity, address, tokenOf } = newTokens();
    await tokenOf();
    address.isExhausted = true;
    await expect(tokenOf(keyNumber(1))).rejects.toMatchObject({ code: 'rate_limited' });
    expect(identity.asked).toBe(1);
    identity.now = 3_600_000;
    expect(await tokenOf()).toBe('token-2');
  });

  it('are not driven out by any number of keys that are refused', async () => {
    const { identity, tokenOf } = newTokens();
    await tokenOf();
    identity.failure = unauthenticated('api_key_invalid', 'no');
    for (let key = 0; key < 11_000; key += 1) await tokenOf(keyNumber(key)).catch(() => undefined);
    const asked = identity.asked;
    expect(await tokenOf()).toBe('token-1');
    expect(identity.asked).toBe(asked);
  });

  it('are asked for by few at once, and renewals do not wait for the others', async () => {
    const { identity, tokenOf } = newTokens();
    await tokenOf();
    let letGo = () => {};
    identity.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const flood = Array.from({ length: 400 }, (_, key) => tokenOf(keyNumber(key)));
    const refused = Promise.all(
      flood.slice(264).map((one) => expect(one).rejects.toMatchObject({ code: 'overloaded' })),
    );
    await refused;
    expect(identity.asked).toBe(1 + 8);
    identity.now = 300_000;
    const renewed = tokenOf();
    await settled();
    expect(identity.asked).toBe(1 + 8 + 1);
    letGo();
    await Promise.all([renewed, ...flood.slice(0, 264)]);
  });
});

const keyNumber = (key: number) => `outlay_${String(key).padStart(43, '0')}`;
