import { describe, expect, it } from '@jest/globals';
import { createServiceTokenSource } from './service-token-source.ts';

function newSource() {
  const issuer = { now: 0, fetched: 0, isDown: false };
  const source = createServiceTokenSource({
    clock: () => new Date(issuer.now),
    fetch: async () => {
      if (issuer.isDown) throw new Error('down');
      issuer.fetched += 1;
      return { token: `token-${issuer.fetched}`, expiresInSeconds: 100 };
    },
  });
  return { issuer, source };
}

describe('a service token source', () => {
  it('fetches once for callers at the same time', async () => {
    const { issuer, source } = newSource();
    expect(await Promise.all([source(), source(), source()])).toEqual(['token-1', 'token-1', 'token-1']);
    expect(issuer.fetched).toBe(1);
  });

  it('renews the token before it ends, without making callers wait', async () => {
    const { issuer, source } = newSource();
    await source();
    issuer.now = 79_000;
    expect(await source()).toBe('token-1');
    issuer.now = 81_000;
    expect(await source()).toBe('token-1');
    await new Promise(setImmediate);
    expect(await source()).toBe('token-2');
  });

  it('uses the token that is still good while renewing fails, and fails when it has ended', async () => {
    const { issuer, source } = newSource();
    await source();
    issuer.isDown = true;
    issuer.now = 90_000;
    expect(await source()).toBe('token-1');
    issuer.now = 96_000;
    await expect(source()).rejects.toThrow('down');
    issuer.isDown = false;
    expect(await source()).toBe('token-2');
  });

  it('fetches another one where a peer refused the present one, and not for each refusal', async () => {
    const { issuer, source } = newSource();
    expect(await source()).toBe('token-1');
    issuer.now = 2_000;
    source.forget('token-0');
    expect(await source()).toBe('token-1');
    source.forget('token-1');
    source.forget('token-1');
    expect(await source()).toBe('token-2');
    source.forget('token-2');
    expect(await source()).toBe('token-2');
  });
});
