import { constants, createHmac, createPublicKey, type KeyObject, publicEncrypt, randomUUID, sign } from 'node:crypto';
import {
  claimsOf,
  encode,
  encodeText,
  join,
  partsOf,
  rs256,
  type Signer,
  type SignText,
  type TokenMaterial,
} from './token-material.ts';

/** What is sent in the place of a good token: headers, and for the gateway what follows the path. */
export interface Presented {
  headers: Record<string, string>;
  query?: string;
}

/** Makes one kind of bad token, or of a request that should have had one. */
export type Forge = (material: TokenMaterial) => Presented;

/** A token, sent as it should be. */
const token =
  (make: (material: TokenMaterial) => string): Forge =>
  (material) =>
    bearer(make(material));
export const bearer = (text: string): Presented => ({ headers: { authorization: `Bearer ${text}` } });

type Change = (material: TokenMaterial) => Record<string, unknown>;

/** Signed by a key that the platform trusts, so that only what is changed can be what is wrong with it. */
export function signed(material: TokenMaterial, change: { header?: object; claims?: object; signer?: Signer } = {}) {
  const { kid, privateKey } = change.signer ?? material.trusted;
  const header = { alg: 'RS256', typ: 'at+jwt', kid, ...change.header };
  const claims = { ...claimsOf(material.good), jti: randomUUID(), ...change.claims };
  return join(encode(header), encode(claims), rs256(privateKey));
}

const withHeader = (change: Change | object) =>
  token((material) => signed(material, { header: typeof change === 'function' ? change(material) : change }));
const withClaims = (change: Change | object) =>
  token((material) => signed(material, { claims: typeof change === 'function' ? change(material) : change }));

/** A header and the claims of a good token, with a signature made in another way. */
const signedBy = (header: Change, signText: (material: TokenMaterial) => SignText) =>
  token((material) =>
    join(
      encode({ typ: 'at+jwt', kid: material.trusted.kid, ...header(material) }),
      goodClaims(material),
      signText(material),
    ),
  );
const hmac =
  (secret: string | Buffer): SignText =>
  (input) =>
    createHmac('sha256', secret).update(input).digest('base64url');
const rsaPss =
  (key: KeyObject): SignText =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }).toString(
      'base64url',
    );
const nothing: SignText = () => '';

/** The real signature after something was done to it. */
const withSignature = (change: (signature: string, material: TokenMaterial) => string) =>
  token((material) => {
    const [header, claims, signature] = partsOf(material.good);
    return `${header}.${claims}.${change(signature, material)}`;
  });

/** Text in the place of the claims, or of the header, under a good signature. */
const claimsText = (text: (material: TokenMaterial) => string) =>
  token((material) => {
    const header = encode({ alg: 'RS256', typ: 'at+jwt', kid: material.trusted.kid });
    return join(header, encodeText(text(material)), rs256(material.trusted.privateKey));
  });
const headerText = (text: (material: TokenMaterial) => string) =>
  token((material) => join(encodeText(text(material)), goodClaims(material), rs256(material.trusted.privateKey)));

const goodClaims = (material: TokenMaterial) => partsOf(material.good)[1];
const goodClaimsText = (material: TokenMaterial) => JSON.stringify(claimsOf(material.good));
const now = () => Math.floor(Date.now() / 1000);
const without = (name: string) => withClaims({ [name]: undefined });
const pemOf = (material: TokenMaterial) =>
  createPublicKey(material.trusted.privateKey).export({ type: 'spki', format: 'pem' });
const derOf = (material: TokenMaterial) =>
  createPublicKey(material.trusted.privateKey).export({ type: 'spki', format: 'der' });
const jwkOf = ({ privateKey }: Signer) => createPublicKey(privateKey).export({ format: 'jwk' });
const flipBit = (signature: string) => {
  const bytes = Buffer.from(signature, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  return bytes.toString('base64url');
};
/** 256 bytes leave four bits of the last character that mean nothing. */
const respell = (signature: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1) ?? '') ^ 1];
};

const algorithms: Record<string, Forge> = {
  'alg none': signedBy(
    () => ({ alg: 'none' }),
    () => nothing,
  ),
  'alg None': signedBy(
    () => ({ alg: 'None' }),
    () => nothing,
  ),
  'alg none with the real signature': token(
    ({ good }) => `${encode({ alg: 'none', typ: 'at+jwt' })}.${partsOf(good)[1]}.${partsOf(good)[2]}`,
  ),
  'no alg': withHeader({ alg: undefined }),
  'alg in an array': withHeader({ alg: ['RS256'] }),
  'alg in lower case': withHeader({ alg: 'rs256' }),
  'HS256 with the public key in PEM as the secret': signedBy(
    () => ({ alg: 'HS256' }),
    (material) => hmac(pemOf(material).toString()),
  ),
  'HS256 with the public key in DER as the secret': signedBy(
    () => ({ alg: 'HS256' }),
    (material) => hmac(derOf(material)),
  ),
  'HS256 with the modulus as the secret': signedBy(
    () => ({ alg: 'HS256' }),
    ({ trusted }) => hmac(Buffer.from(jwkOf(trusted).n ?? '', 'base64url')),
  ),
  'HS256 with the real public key as the secret': token((material) =>
    join(
      encode({ alg: 'HS256', typ: 'at+jwt', kid: material.realKid }),
      goodClaims(material),
      hmac(material.publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    ),
  ),
  'HS256 with an empty secret': signedBy(
    () => ({ alg: 'HS256' }),
    () => hmac(''),
  ),
  'an HMAC under the name RS256': signedBy(
    () => ({ alg: 'RS256' }),
    (material) => hmac(pemOf(material).toString()),
  ),
  RS384: signedBy(
    () => ({ alg: 'RS384' }),
    ({ trusted }) => rs256(trusted.privateKey, 'sha384'),
  ),
  RS512: signedBy(
    () => ({ alg: 'RS512' }),
    ({ trusted }) => rs256(trusted.privateKey, 'sha512'),
  ),
  'SHA-1 under the name RS256': signedBy(
    () => ({ alg: 'RS256' }),
    ({ trusted }) => rs256(trusted.privateKey, 'sha1'),
  ),
  PS256: signedBy(
    () => ({ alg: 'PS256' }),
    ({ trusted }) => rsaPss(trusted.privateKey),
  ),
  'PSS under the name RS256': signedBy(
    () => ({ alg: 'RS256' }),
    ({ trusted }) => rsaPss(trusted.privateKey),
  ),
  'ES256 with a published key': signedBy(
    ({ elliptic }) => ({ alg: 'ES256', kid: elliptic.kid }),
    ({ elliptic }) => rs256(elliptic.privateKey),
  ),
  'ES256 with the kid of an RSA key': signedBy(
    () => ({ alg: 'ES256' }),
    ({ elliptic }) => rs256(elliptic.privateKey),
  ),
};

const headers: Record<string, Forge> = {
  'typ JWT': withHeader({ typ: 'JWT' }),
  'no typ': withHeader({ typ: undefined }),
  'typ of an identity token': withHeader({ typ: 'id+jwt' }),
  'typ with something after it': withHeader({ typ: 'at+jwt; v=1' }),
  'typ in an array': withHeader({ typ: ['at+jwt'] }),
  'a critical extension': withHeader({ crit: ['exp'] }),
  'an unknown critical extension': withHeader({ crit: ['urn:x'], 'urn:x': true }),
  'an empty list of critical extensions': withHeader({ crit: [] }),
  'b64 false': withHeader({ b64: false, crit: ['b64'] }),
  'b64 false without crit': withHeader({ b64: false }),
  'compressed claims': withHeader({ zip: 'DEF' }),
  'a key it brings along': token((material) =>
    signed(material, { signer: material.stranger, header: { kid: material.realKid, jwk: jwkOf(material.stranger) } }),
  ),
  'a key it brings along, which is a good one': withHeader(({ trusted }: TokenMaterial) => ({ jwk: jwkOf(trusted) })),
  'the address of a key set': withHeader({ jku: 'https://evil.example/jwks.json' }),
  'the address of a certificate': withHeader({ x5u: 'https://evil.example/cert.pem' }),
  'a certificate it brings along': withHeader({ x5c: ['MIIB'] }),
  'the thumbprint of a certificate': withHeader({ x5t: 'AAAA' }),
  'two algs': headerText(({ trusted }) => `{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"${trusted.kid}"}`),
  'two kids': headerText(
    ({ trusted, stranger }) => `{"alg":"RS256","typ":"at+jwt","kid":"${stranger.kid}","kid":"${trusted.kid}"}`,
  ),
  'an alg spelled with an escape': headerText(
    ({ trusted }) => `{"al\\u0067":"RS256","typ":"at+jwt","kid":"${trusted.kid}"}`,
  ),
  'blanks in its header': headerText(({ trusted }) => `{ "alg":"RS256", "typ":"at+jwt", "kid":"${trusted.kid}" }`),
  'a prototype in its header': headerText(
    ({ trusted }) => `{"__proto__":{"alg":"RS256"},"typ":"at+jwt","kid":"${trusted.kid}"}`,
  ),
  'a header that is an array': headerText(() => '[]'),
  'a header that is null': headerText(() => 'null'),
  'a header that is no JSON': headerText(() => '{'),
  'no header': token(({ good }) => `.${partsOf(good)[1]}.${partsOf(good)[2]}`),
};

const keys: Record<string, Forge> = {
  'an unknown kid': withHeader({ kid: 'unknown' }),
  'no kid': withHeader({ kid: undefined }),
  'an empty kid': withHeader({ kid: '' }),
  'a kid that is a number': withHeader({ kid: 0 }),
  'a kid that is null': withHeader({ kid: null }),
  'a kid in an array': withHeader(({ trusted }: TokenMaterial) => ({ kid: [trusted.kid] })),
  'a kid that is a path': withHeader({ kid: '../../../../../../dev/null' }),
  'a kid that is SQL': withHeader({ kid: `x' union select '${'A'.repeat(43)}' --` }),
  'a kid that is a property of all objects': withHeader({ kid: '__proto__' }),
  'a kid that is a method of all objects': withHeader({ kid: 'constructor' }),
  'a kid of 4,000 characters': withHeader({ kid: 'k'.repeat(4_000) }),
  'a kid with a NUL byte': withHeader(({ trusted }: TokenMaterial) => ({ kid: `${trusted.kid}\0` })),
  'a kid with a blank after it': withHeader(({ trusted }: TokenMaterial) => ({ kid: `${trusted.kid} ` })),
  'the kid of an elliptic key': withHeader(({ elliptic }: TokenMaterial) => ({ kid: elliptic.kid })),
  'the kid of a key for encryption, signed with that': token((material) =>
    signed(material, { signer: material.forEncryption }),
  ),
  'a published key of 1,024 bits': token((material) => signed(material, { signer: material.weak })),
  'a key that has been retired for a day': token((material) => signed(material, { signer: material.retired })),
  'the kid of identity, signed with another key': token((material) =>
    signed(material, { signer: { ...material.stranger, kid: material.realKid } }),
  ),
  'the kid of identity, signed with another published key': token((material) =>
    signed(material, { signer: { ...material.trusted, kid: material.realKid } }),
  ),
  'a key that nobody published': token((material) => signed(material, { signer: material.stranger })),
};

const signatures: Record<string, Forge> = {
  'no signature': withSignature(() => ''),
  'no signature and no dot before it': token(({ good }) => good.split('.').slice(0, 2).join('.')),
  'a signature cut short': withSignature((signature) => signature.slice(0, -4)),
  'half a signature': withSignature((signature) => signature.slice(0, 171)),
  'one bit of the signature changed': withSignature(flipBit),
  'a signature of zeros': withSignature(() => Buffer.alloc(256).toString('base64url')),
  'a signature of ones': withSignature(() => Buffer.alloc(256, 0xff).toString('base64url')),
  'the signature twice': withSignature((signature) => signature + signature),
  'a signature with a character more': withSignature((signature) => `${signature}A`),
  'the signature of another token': withSignature((_signature, { another }) => partsOf(another)[2]),
  'the signature with padding': withSignature((signature) => `${signature}==`),
  'the signature in the other base64': withSignature((signature) =>
    Buffer.from(signature, 'base64url').toString('base64').replace(/=+$/, ''),
  ),
  'the signature in base64 with padding': withSignature((signature) =>
    Buffer.from(signature, 'base64url').toString('base64'),
  ),
  'the signature in hexadecimal': withSignature((signature) => Buffer.from(signature, 'base64url').toString('hex')),
  'another spelling of the same signature': withSignature(respell),
  'an empty claims part': token(({ good }) => `${partsOf(good)[0]}..${partsOf(good)[2]}`),
  'claims with padding': token(({ good }) => `${partsOf(good)[0]}.${partsOf(good)[1]}=.${partsOf(good)[2]}`),
  'the claims of another token': token(
    ({ good, another }) => `${partsOf(good)[0]}.${partsOf(another)[1]}.${partsOf(good)[2]}`,
  ),
  'the claims of a person of another tenant': token(
    ({ good, foreign }) => `${partsOf(good)[0]}.${partsOf(foreign)[1]}.${partsOf(good)[2]}`,
  ),
  'a role that was raised afterwards': token(({ good }) => {
    const [header, , signature] = partsOf(good);
    return `${header}.${encode({ ...claimsOf(good), role: 'owner', pad: true })}.${signature}`;
  }),
  'the header of another key': token((material) => {
    const [, claims, signature] = partsOf(material.good);
    return `${partsOf(signed(material))[0]}.${claims}.${signature}`;
  }),
};

const claimShapes: Record<string, Forge> = {
  ...Object.fromEntries(
    ['iss', 'aud', 'sub', 'kind', 'sid', 'jti', 'iat', 'nbf', 'exp', 'auth_time'].map((name) => [
      `no ${name}`,
      without(name),
    ]),
  ),
  'an issuer that is a number': withClaims({ iss: 1 }),
  'another issuer': withClaims({ iss: 'https://evil.example' }),
  'the issuer with a slash more': withClaims(({ good }: TokenMaterial) => ({ iss: `${claimsOf(good).iss}/` })),
  'the issuer in an array': withClaims(({ good }: TokenMaterial) => ({ iss: [claimsOf(good).iss] })),
  'another audience': withClaims({ aud: 'somebody-else' }),
  'the audience in an array': withClaims(({ good }: TokenMaterial) => ({ aud: [claimsOf(good).aud] })),
  'the audience among others': withClaims(({ good }: TokenMaterial) => ({
    aud: ['somebody-else', claimsOf(good).aud],
  })),
  'an audience that is an object': withClaims({ aud: { outlay: true } }),
  'a subject that is a number': withClaims({ sub: 1 }),
  'an empty subject': withClaims({ sub: '' }),
  'a subject that is an object': withClaims({ sub: { $ne: null } }),
  'a subject that is no id': withClaims({ sub: `x' or true --` }),
  'a subject of 5,000 characters': withClaims({ sub: 'a'.repeat(5_000) }),
  'a kind nobody is': withClaims({ kind: 'root' }),
  'kinds in an array': withClaims({ kind: ['user', 'service'] }),
  'the kind of a service in another case': withClaims({ kind: 'Service' }),
  'the kind of an API key without what it can be revoked by': withClaims({ kind: 'api_key', sid: undefined }),
  'a session that is a number': withClaims({ sid: 1 }),
  'an empty session': withClaims({ sid: '' }),
  'a session that is no id': withClaims({ sid: '../../etc/passwd' }),
  'a token id that is an object': withClaims({ jti: {} }),
  'a tenant in braces': withClaims(({ good }: TokenMaterial) => ({ tid: `{${claimsOf(good).tid}}` })),
  'a tenant without dashes': withClaims(({ good }: TokenMaterial) => ({ tid: claimsOf(good).tid.replaceAll('-', '') })),
  'a tenant that is SQL': withClaims({ tid: `' or true --` }),
  'tenants in an array': withClaims(({ good, foreign }: TokenMaterial) => ({
    tid: [claimsOf(good).tid, claimsOf(foreign).tid],
  })),
  'a tenant that is null': withClaims({ tid: null }),
  'a role nobody has': withClaims({ role: 'god' }),
  'the platform role in the place of a tenant role': withClaims({ role: 'platform_admin' }),
  'roles in an array': withClaims({ role: ['owner'] }),
  'a platform admin by text': withClaims({ pad: 'true' }),
  'a platform admin by number': withClaims({ pad: 1 }),
  'scopes in one text': withClaims({ scp: 'expenses:read expenses:write' }),
  'a scope that is a number': withClaims({ scp: [1] }),
  'two roles': claimsText((material) => goodClaimsText(material).replace(/}$/, ',"role":"owner"}')),
  'two tenants': claimsText((material) =>
    goodClaimsText(material).replace(/}$/, `,"tid":"${claimsOf(material.foreign).tid}"}`),
  ),
  'two expiries': claimsText((material) => goodClaimsText(material).replace(/^{/, '{"exp":1,')),
  'claims that are text': claimsText(() => '"admin"'),
  'claims that are an array': claimsText((material) => `[${goodClaimsText(material)}]`),
  'claims that are null': claimsText(() => 'null'),
  'claims that are no JSON': claimsText((material) => goodClaimsText(material).slice(0, -1)),
  'claims with something after them': claimsText((material) => `${goodClaimsText(material)}{}`),
  'claims with a byte order mark': claimsText((material) => `\ufeff${goodClaimsText(material)}`),
};

const times: Record<string, Forge> = {
  'an expiry an hour ago': withClaims(() => ({
    iat: now() - 7_200,
    nbf: now() - 7_200,
    auth_time: now() - 7_200,
    exp: now() - 3_600,
  })),
  'an expiry ten seconds ago': withClaims(() => ({
    iat: now() - 3_610,
    nbf: now() - 3_610,
    auth_time: now() - 3_610,
    exp: now() - 10,
  })),
  'an expiry before it was issued': withClaims(() => ({ iat: now() + 3, exp: now() + 2 })),
  'an expiry as it was issued': withClaims(({ good }: TokenMaterial) => ({ exp: claimsOf(good).iat })),
  'an expiry that is text': withClaims(() => ({ exp: String(now() + 600) })),
  'an expiry that is a date': withClaims({ exp: '2999-01-01T00:00:00Z' }),
  'an expiry that is no number': withClaims({ exp: Number.NaN }),
  'an expiry with a fraction': withClaims(() => ({ exp: now() + 600.5 })),
  'an expiry beyond all numbers': claimsText((material) =>
    goodClaimsText(material).replace(/"exp":\d+/, '"exp":1e400'),
  ),
  'an expiry in milliseconds': withClaims(() => ({ exp: (now() + 600) * 1_000 })),
  'an expiry in a hundred years': withClaims(() => ({ exp: now() + 3_155_760_000 })),
  'an expiry tomorrow': withClaims(() => ({ exp: now() + 86_400 })),
  'an expiry below zero': withClaims({ exp: -1 }),
  'an expiry of zero': withClaims({ exp: 0 }),
  'an expiry that is true': withClaims({ exp: true }),
  'an expiry in an array': withClaims(() => ({ exp: [now() + 600] })),
  'a start in an hour': withClaims(() => ({ nbf: now() + 3_600 })),
  'a start that is text': withClaims(() => ({ nbf: String(now()) })),
  'an issue in an hour': withClaims(() => ({ iat: now() + 3_600, exp: now() + 7_200 })),
  'an issue that is text': withClaims(() => ({ iat: String(now()) })),
  'an issue below zero': withClaims({ iat: -1 }),
  'a log-in in an hour': withClaims(() => ({ auth_time: now() + 3_600 })),
  'a log-in that is text': withClaims(() => ({ auth_time: String(now()) })),
  'a log-in that is null': withClaims({ auth_time: null }),
};

const shapes: Record<string, Forge> = {
  'the empty text': token(() => ''),
  'a word': token(() => 'hello'),
  'two dots': token(() => '..'),
  'a hundred dots': token(() => '.'.repeat(100)),
  'a part more': token(({ good }) => `${good}.x`),
  'two tokens joined by a dot': token(({ good, another }) => `${good}.${another}`),
  'two tokens joined': token(({ good, another }) => good + another),
  'two tokens with a comma between': token(({ good, another }) => `${good},${another}`),
  'two tokens with a blank between': token(({ good, another }) => `${good} ${another}`),
  'a refresh token': token(({ refreshToken }) => refreshToken),
  'a refresh token in the place of the signature': withSignature((_signature, { refreshToken }) => refreshToken),
  'a token within a token': claimsText(({ good }) => JSON.stringify(good)),
  'a token within a token, said so': token((material) => {
    const header = { alg: 'RS256', typ: 'at+jwt', cty: 'JWT', kid: material.trusted.kid };
    return join(encode(header), encodeText(material.good), rs256(material.trusted.privateKey));
  }),
  'an encrypted token': token(({ publicKey, realKid, good }) =>
    [
      encode({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: realKid }),
      publicEncrypt({ key: publicKey, oaepHash: 'sha256' }, Buffer.alloc(32)).toString('base64url'),
      ...[Buffer.alloc(12), Buffer.from(good), Buffer.alloc(16)].map((bytes) => bytes.toString('base64url')),
    ].join('.'),
  ),
  'a token as JSON': token(({ good }) => {
    const [header, claims, signature] = partsOf(good);
    return JSON.stringify({ protected: header, payload: claims, signature });
  }),
  'a token in quotes': token(({ good }) => `"${good}"`),
  'a token by name': token(({ good }) => `token=${good}`),
  'a token with its dots percent-encoded': token(({ good }) => good.replaceAll('.', '%2E')),
  'a token with a line end in it': token(({ good }) => good.replace('.', '%0d%0a.')),
  'a token with an umlaut in it': token(({ good }) => good.replace('.', '\u00fc.')),
  'a token in UTF-8 with a blank of no width': token(
    ({ good }) => `${good}${Buffer.from('\u200b').toString('latin1')}`,
  ),
  'a token with full-width dots': token(({ good }) => good.replaceAll('.', Buffer.from('\uff0e').toString('latin1'))),
  'bytes that are no text': token(() => '\u00ff\u00fe\u00fd'),
  'a signed token of more than 8 kB': token((material) => signed(material, { claims: { padding: 'x'.repeat(7_000) } })),
  '12 kB of letters': token(() => 'A'.repeat(12_000)),
};

const requests: Record<string, Forge> = {
  'nothing at all': () => ({ headers: {} }),
  'an empty header': () => ({ headers: { authorization: '' } }),
  'the scheme alone': () => ({ headers: { authorization: 'Bearer' } }),
  'no scheme': ({ good }) => ({ headers: { authorization: good } }),
  'the scheme twice': ({ good }) => bearer(`Bearer ${good}`),
  'a colon after the scheme': ({ good }) => ({ headers: { authorization: `Bearer: ${good}` } }),
  'another scheme': ({ good }) => ({ headers: { authorization: `Token ${good}` } }),
  'the scheme of passwords': ({ good }) => ({
    headers: { authorization: `Basic ${Buffer.from(`token:${good}`).toString('base64')}` },
  }),
  'a proof-of-possession scheme': ({ good }) => ({ headers: { authorization: `DPoP ${good}` } }),
  'the header for proxies': ({ good }) => ({ headers: { 'proxy-authorization': `Bearer ${good}` } }),
  'a header of another name': ({ good }) => ({
    headers: { 'x-access-token': good, 'x-authorization': `Bearer ${good}` },
  }),
  'a cookie': ({ good }) => ({ headers: { cookie: `access_token=${good}; token=${good}` } }),
  'the query': ({ good }) => ({ headers: {}, query: `?access_token=${good}` }),
  'headers that say who calls': ({ good }) => {
    const { sub, tid } = claimsOf(good);
    return {
      headers: {
        'x-user-id': sub,
        'x-tenant-id': tid,
        'x-role': 'owner',
        'x-forwarded-user': sub,
        'x-actor-kind': 'user',
      },
    };
  },
};

/** Each kind of token that must be refused wherever a token is asked for, by what is wrong with it. */
export const forgeries: Record<string, Forge> = {
  ...algorithms,
  ...headers,
  ...keys,
  ...signatures,
  ...claimShapes,
  ...times,
  ...shapes,
  ...requests,
};

/** Other spellings of what is good: the standards say that these make no difference. */
export const goodSpellings: Record<string, Forge> = {
  'as identity issued it': token(({ good }) => good),
  'signed with a published key of the test': token((material) => signed(material)),
  // RFC 9068, section 4: at+jwt or application/at+jwt; RFC 7515, section 4.1.9: as media types are, in any case.
  'typ in capitals': withHeader({ typ: 'AT+JWT' }),
  'typ in full': withHeader({ typ: 'application/at+jwt' }),
  // RFC 9110, section 11.1.
  'the scheme in lower case': ({ good }) => ({ headers: { authorization: `bearer ${good}` } }),
  'a claim that nobody knows': withClaims({ extra: { deep: [1] } }),
};
