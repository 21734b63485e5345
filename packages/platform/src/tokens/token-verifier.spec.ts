import { createHmac, createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createTokenVerifier } from './token-verifier.ts';

const nowSeconds = 1_750_000_000;
const clock = () => new Date(nowSeconds * 1000);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const jwk = (key: KeyObject, more: object) => ({ ...createPublicKey(key).export({ format: 'jwk' }), ...more });
const keys = [
  jwk(rsa.privateKey, { kid: 'good', use: 'sig', alg: 'RS256' }),
  jwk(weak.privateKey, { kid: 'weak', use: 'sig', alg: 'RS256' }),
  jwk(ec.privateKey, { kid: 'ec', use: 'sig', alg: 'ES256' }),
  jwk(stranger.privateKey, { kid: 'encryption', use: 'enc' }),
];

const goodHeader = { alg: 'RS256', typ: 'at+jwt', kid: 'good' };
const goodClaims = {
  iss: 'https://outlay.local',
  aud: 'outlay',
  sub: '0190d9a0-0000-7000-8000-00000000000a',
  tid: '0190d9a0-0000-7000-8000-000000000001',
  role: 'owner',
  kind: 'user',
  sid: '0190d9a0-0000-7000-8000-00000000000b',
  jti: 'token',
  iat: nowSeconds - 60,
  nbf: nowSeconds - 60,
  exp: nowSeconds + 3_540,
  auth_time: nowSeconds - 60,
};

type Signer = (input: string) => string;
const rs256 =
  (key: KeyObject): Signer =>
  (input) =>
    createSign('RSA-SHA256').update(input).sign(key, 'base64url');
const hs256 =
  (secret: string | Buffer): Signer =>
  (input) =>
    createHmac('sha256', secret).update(input).digest('base64url');

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const without = (claims: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));

function token(change: { header?: object; claims?: object; sign?: Signer } = {}): string {
  const input = `${encode(change.header ?? goodHeader)}.${encode(change.claims ?? goodClaims)}`;
  return `${input}.${(change.sign ?? rs256(rsa.privateKey))(input)}`;
}

function newVerifier(options: { loadKeys?: () => Promise<{ keys: typeof keys }>; clock?: () => Date } = {}) {
  return createTokenVerifier({
    issuer: 'https://outlay.local',
    audience: 'outlay',
    loadKeys: async () => ({ keys }),
    clock,
    ...options,
  });
}

const [goodHead = '', goodBody = '', goodSignature = ''] = token().split('.');
const claims = (change: object) => token({ claims: { ...goodClaims, ...change } });
const header = (change: object) => token({ header: { ...goodHeader, ...change } });

/** A well-signed token whose claims are the given text. */
function signedAs(payload: string): string {
  const input = `${goodHead}.${Buffer.from(payload).toString('base64url')}`;
  return `${input}.${rs256(rsa.privateKey)(input)}`;
}

const forged: Record<string, string> = {
  'the empty text': '',
  'no token at all': 'hello',
  'two parts': `${goodHead}.${goodBody}`,
  'four parts': `${token()}.x`,
  'five parts, as an encrypted token has': `${goodHead}.a.b.c.d`,
  'no signature': `${goodHead}.${goodBody}.`,
  'a header that is no JSON': `${Buffer.from('{').toString('base64url')}.${goodBody}.${goodSignature}`,
  'a header that is an array': token({ header: [] }),
  'a header that is null': `${encode(null)}.${goodBody}.${goodSignature}`,
  'claims that are text': signedAs('"admin"'),
  'claims that are no JSON': signedAs('{'),
  'claims that are an array': signedAs('[]'),
  'an expiry beyond all numbers': signedAs(JSON.stringify(goodClaims).replace(/"exp":\d+/, '"exp":1e400')),
  'claims that are null': signedAs('null'),
  'two roles': signedAs(JSON.stringify({ ...goodClaims, role: 'member' }).replace(/}$/, ',"role":"owner"}')),
  'a role spelled in two ways': signedAs(JSON.stringify(goodClaims).replace('"role"', '"r\\u006fle"')),
  'blanks in its claims': signedAs(JSON.stringify(goodClaims, undefined, 1)),
  'claims nested beyond all depth': signedAs('['.repeat(4_000)),
  'padding in its parts': `${goodHead}=.${goodBody}.${goodSignature}`,
  'blanks around it': ` ${token()} `,
  'characters outside base64url': `${goodHead}.${goodBody}.${goodSignature.slice(0, -1)}!`,
  'another spelling of the same signature': `${goodHead}.${goodBody}.${goodSignature}AA`.slice(0, -1),
  '10 kB of text': `${goodHead}.${encode({ ...goodClaims, sub: 'x'.repeat(10_000) })}.${goodSignature}`,
  'alg none': token({ header: { ...goodHeader, alg: 'none' }, sign: () => '' }),
  'alg none with a signature': header({ alg: 'none' }),
  'alg NONE': token({ header: { ...goodHeader, alg: 'NONE' }, sign: () => '' }),
  'HS256 with the public key as the secret': token({ header: { ...goodHeader, alg: 'HS256' }, sign: hs256(publicPem) }),
  'HS256 with an empty secret': token({ header: { ...goodHeader, alg: 'HS256' }, sign: hs256('') }),
  'HS256 under the name RS256': token({ sign: hs256(publicPem) }),
  RS384: header({ alg: 'RS384' }),
  RS512: header({ alg: 'RS512' }),
  PS256: header({ alg: 'PS256' }),
  'ES256 with the kid of an RSA key': header({ alg: 'ES256' }),
  'a kid of an elliptic key': header({ kid: 'ec' }),
  'alg in lower case': header({ alg: 'rs256' }),
  'no alg': token({ header: without(goodHeader, 'alg') }),
  'typ JWT': header({ typ: 'JWT' }),
  'typ of a refresh token': header({ typ: 'rt+jwt' }),
  'no typ': token({ header: without(goodHeader, 'typ') }),
  'a key nobody knows': token({ sign: rs256(stranger.privateKey) }),
  'an unknown kid': header({ kid: 'unknown' }),
  'a kid that is a path': header({ kid: '../../dev/null' }),
  'a kid that is a property of objects': header({ kid: '__proto__' }),
  'an empty kid': header({ kid: '' }),
  'no kid': token({ header: without(goodHeader, 'kid') }),
  'a kid that is an array': header({ kid: ['good'] }),
  'the kid of a key for encryption': token({
    header: { ...goodHeader, kid: 'encryption' },
    sign: rs256(stranger.privateKey),
  }),
  'a key of 1024 bits': token({ header: { ...goodHeader, kid: 'weak' }, sign: rs256(weak.privateKey) }),
  'a key it brings along': token({
    header: { ...goodHeader, jwk: jwk(stranger.privateKey, {}) },
    sign: rs256(stranger.privateKey),
  }),
  'the address of a key set': header({ jku: 'https://evil.example/jwks.json' }),
  'the address of a certificate': header({ x5u: 'https://evil.example/cert.pem' }),
  'a critical extension': header({ crit: ['exp'] }),
  'an unknown critical extension': header({ crit: ['x-policy'], 'x-policy': 1 }),
  'b64 false': header({ b64: false, crit: ['b64'] }),
  'a changed claim': `${goodHead}.${encode({ ...goodClaims, role: 'admin', pad: true })}.${goodSignature}`,
  'a changed header': `${encode({ ...goodHeader, kid: 'good ' })}.${goodBody}.${goodSignature}`,
  'a signature cut short': `${goodHead}.${goodBody}.${goodSignature.slice(0, 40)}`,
  'the signature of another token': `${goodHead}.${goodBody}.${claims({ jti: 'other' }).split('.')[2]}`,
  'another issuer': claims({ iss: 'https://evil.example' }),
  'an issuer with a slash more': claims({ iss: 'https://outlay.local/' }),
  'issuers in an array': claims({ iss: ['https://outlay.local'] }),
  'another audience': claims({ aud: 'another' }),
  'several audiences': claims({ aud: ['outlay', 'another'] }),
  'an expiry in the past': claims({ iat: nowSeconds - 7_200, exp: nowSeconds - 3_600 }),
  'an expiry before it was issued': claims({ iat: nowSeconds, exp: nowSeconds - 1, nbf: nowSeconds }),
  'a life of a day': claims({ exp: nowSeconds + 86_400 }),
  'an expiry in milliseconds': claims({ exp: (nowSeconds + 60) * 1_000 }),
  'an expiry that is text': claims({ exp: String(nowSeconds + 3_600) }),
  'an expiry that is no number': claims({ exp: null }),
  'an expiry with a fraction': claims({ exp: nowSeconds + 0.5 }),
  'a start in the future': claims({ nbf: nowSeconds + 60 }),
  'an issue in the future': claims({ iat: nowSeconds + 60 }),
  'a log-in in the future': claims({ auth_time: nowSeconds + 60 }),
  'a tenant that is no UUID': claims({ tid: `' or true --` }),
  'a role nobody has': claims({ role: 'god' }),
  'a platform admin by text': claims({ pad: 'true' }),
  'a kind nobody is': claims({ kind: 'root' }),
  'scopes that are text': claims({ scp: 'everything' }),
  'an empty subject': claims({ sub: '' }),
  'a person by name': claims({ sub: 'mara' }),
  'a session by name': claims({ sid: 'session' }),
};

describe('a token verifier', () => {
  it('answers the claims of a good token', async () => {
    expect(await newVerifier().verify(token())).toEqual(goodClaims);
  });

  it('takes application/at+jwt too, and drops claims it does not know', async () => {
    const good = token({ header: { ...goodHeader, typ: 'application/at+jwt' }, claims: { ...goodClaims, extra: 1 } });
    expect(await newVerifier().verify(good)).toEqual(goodClaims);
  });

  it('takes a service by its name', async () => {
    const service = { ...without(goodClaims, 'tid', 'role'), kind: 'service', sub: 'ledger' };
    expect(await newVerifier().verify(token({ claims: service }))).toEqual(service);
  });

  it.each(Object.entries(forged))('refuses a token with %s', async (_name, bad) => {
    await expect(newVerifier().verify(bad)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it.each(['iss', 'aud', 'sub', 'kind', 'sid', 'jti', 'iat', 'nbf', 'exp', 'auth_time'])(
    'refuses a token without %s',
    async (name) => {
      const bad = token({ claims: without(goodClaims, name) });
      await expect(newVerifier().verify(bad)).rejects.toMatchObject({ kind: 'unauthenticated' });
    },
  );

  it('says that a token has expired, also when it had been good before', async () => {
    let now = nowSeconds;
    const verifier = newVerifier({ clock: () => new Date(now * 1000) });
    await verifier.verify(token());
    now = goodClaims.exp + 4;
    await verifier.verify(token());
    now = goodClaims.exp + 5;
    await expect(verifier.verify(token())).rejects.toMatchObject({ code: 'token_expired' });
    await expect(newVerifier({ clock: () => new Date(now * 1000) }).verify(token())).rejects.toMatchObject({
      code: 'token_expired',
    });
  });
});

describe('the keys of a verifier', () => {
  function newLoader(initial = keys) {
    const loader = { loads: 0, keys: initial, isDown: false, now: nowSeconds * 1000 };
    const verifier = newVerifier({
      clock: () => new Date(loader.now),
      loadKeys: async () => {
        loader.loads += 1;
        if (loader.isDown) throw new Error('down');
        return { keys: loader.keys };
      },
    });
    return { loader, verifier };
  }

  it('are loaded once for many tokens', async () => {
    const { loader, verifier } = newLoader();
    await Promise.all(Array.from({ length: 20 }, (_, index) => verifier.verify(claims({ jti: `t${index}` }))));
    expect(loader.loads).toBe(1);
  });

  it('are loaded again when a new kid appears', async () => {
    const { loader, verifier } = newLoader();
    await verifier.verify(token());
    loader.keys = [...keys, jwk(stranger.privateKey, { kid: 'next', use: 'sig', alg: 'RS256' })];
    loader.now += 60_000;
    const rotated = token({ header: { ...goodHeader, kid: 'next' }, sign: rs256(stranger.privateKey) });
    expect(await verifier.verify(rotated)).toEqual(goodClaims);
  });

  it('are not loaded for each of a thousand forged kids', async () => {
    const { loader, verifier } = newLoader();
    await verifier.verify(token());
    loader.now += 60_000;
    for (let index = 0; index < 1_000; index++)
      await verifier.verify(header({ kid: `k${index}` })).catch(() => undefined);
    expect(loader.loads).toBe(2);
  });

  it('stay good while the issuer is down, and make new tokens unavailable when there never were any', async () => {
    const { loader, verifier } = newLoader();
    await verifier.verify(token());
    loader.isDown = true;
    loader.now += 15 * 60_000;
    expect(await verifier.verify(claims({ jti: 'later' }))).toMatchObject({ jti: 'later' });

    const fresh = newLoader();
    fresh.loader.isDown = true;
    await expect(fresh.verifier.verify(token())).rejects.toMatchObject({ kind: 'unavailable' });
    fresh.loader.isDown = false;
    expect(await fresh.verifier.verify(token())).toEqual(goodClaims);
  });

  it('stop counting within a minute of being withdrawn, for tokens that were verified before too', async () => {
    for (const seen of [token(), claims({ jti: 'never seen' })]) {
      const { loader, verifier } = newLoader();
      await verifier.verify(token());
      loader.keys = keys.slice(1);
      loader.now += 61_000;
      await expect(verifier.verify(seen)).rejects.toMatchObject({ code: 'token_invalid' });
    }
  });

  it('are loaded again every half a minute, without anybody waiting for it', async () => {
    const { loader, verifier } = newLoader();
    await verifier.verify(token());
    loader.now += 31_000;
    await verifier.verify(token());
    await verifier.verify(token());
    expect(loader.loads).toBe(2);
  });

  it('are not waited for while the issuer hangs', async () => {
    const { loader, verifier } = newLoader();
    await verifier.verify(token());
    loader.isDown = true;
    for (let minute = 1; minute <= 20; minute += 1) {
      loader.now += 60_000;
      expect(await verifier.verify(token())).toEqual(goodClaims);
    }
  });
});
