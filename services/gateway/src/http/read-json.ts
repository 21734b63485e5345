import type { IncomingMessage } from 'node:http';
import { DomainError } from '@outlay/platform';
import { HttpError } from './http-error.ts';

/** Bodies other than imports. */
export const jsonBodyMaxBytes = 100 * 1024;

const depthMax = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a body of JSON as it was sent. Refused are other media types, and bodies over maxBytes or slower than timeoutMs. Where
 * none is needed, an empty one is none, whatever type it is said to be of: then the answer is undefined.
 */
export async function readJsonBytes(
  request: IncomingMessage,
  given: { timeoutMs: number; maxBytes?: number | undefined; isNeeded: boolean },
): Promise<Buffer | undefined> {
  const { timeoutMs, maxBytes = jsonBodyMaxBytes, isNeeded } = given;
  if (isNeeded) assertJson(request);
  const bytes = await readBody(request, maxBytes, timeoutMs);
  if (isNeeded) return bytes;
  if (bytes.length === 0) return undefined;
  assertJson(request);
  return bytes;
}

/** Whether the request announces a body at all. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Parses a body. Refused at this edge, so that nothing behind it has to think of them: bytes that are not UTF-8, nesting
 * deeper than 32, NUL characters, lone surrogates, the key `__proto__`, and numbers that JavaScript cannot hold.
 */
export function parseJson(bytes: Buffer): unknown {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new DomainError('unreadable', 'json_invalid', 'The body is not a JSON text in UTF-8');
  }
  // JSON has no raw control characters and strict UTF-8 has no surrogates: both can only come from an escape.
  const keys = assertSafe(value, 0, text.includes('\\u'));
  // Two readers that disagree on which of two equal keys counts can be told different things (RFC 8259, section 4).
  if (keys !== countMembers(text)) throw unsafe('the same key twice in one object');
  return value;
}

/**
 * How many members the objects in a correct JSON text have: one for each colon outside of strings. What was parsed has
 * fewer keys where a key was given twice. Strings are leapt over by searching for their end. Measured: 0.3 µs for a body of
 * 300 bytes whose parsing takes 1.1 µs; of 100 kB, 15 µs for long texts and 0.6 ms for nothing but escaped quotes.
 */
function countMembers(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === colon) members += 1;
    else if (code === quote) at = endOfString(text, at);
  }
  return members;
}

/** Where the string that begins at `start` ends: the next quote that an even number of backslashes precedes. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
}

const colon = 0x3a;
const quote = 0x22;
const backslash = 0x5c;

function assertJson(request: IncomingMessage): void {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const isJson = /^application\/(?:json|[\w.-]+\+json)$/.test(type.trim());
  const isUtf8 = parameters.every((text) => !text.includes('charset') || /^\s*charset="?utf-8"?\s*$/.test(text));
  if (!isJson || !isUtf8) {
    throw new HttpError('media_type_unsupported', 'Send the body as application/json in UTF-8', {
      Accept: 'application/json',
    });
  }
  assertNotEncoded(request);
}

/** Compressed bodies are not taken: a few kB of them can become gigabytes. */
export function assertNotEncoded(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HttpError('media_type_unsupported', 'Send the body without Content-Encoding', {
      'Accept-Encoding': 'identity',
    });
  }
}

export function bodyTooLarge(maxBytes: number): HttpError {
  return new HttpError('body_too_large', `The body may have at most ${Math.floor(maxBytes / 1024)} kB`);
}

function readBody(request: IncomingMessage, maxBytes: number, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return reject(bodyTooLarge(maxBytes));
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => settle(() => reject(new HttpError('request_timeout', 'The body did not arrive in time'))),
      timeoutMs,
    );
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) settle(() => reject(bodyTooLarge(maxBytes)));
      else chunks.push(chunk);
    };
    const end = () =>
      settle(() => resolve(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)));
    const fail = () => settle(() => reject(new HttpError('request_malformed', 'The body ended early')));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      request.off('data', take).off('end', end).off('error', fail).off('close', fail);
      finish();
    };
    request.on('data', take).on('end', end).on('error', fail).on('close', fail);
  });
}

/** Throws at what must not get in; answers how many keys all objects have together. */
function assertSafe(value: unknown, depth: number, hasEscapes: boolean): number {
  if (typeof value === 'string') {
    if (hasEscapes) assertCleanText(value);
    return 0;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw unsafe('a number that is too large');
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= depthMax) throw unsafe(`more than ${depthMax} levels of nesting`);
  if (Array.isArray(value)) {
    let keys = 0;
    for (const item of value) keys += assertSafe(item, depth + 1, hasEscapes);
    return keys;
  }
  const names = Object.keys(value);
  let keys = names.length;
  for (const key of names) {
    if (key === '__proto__') throw unsafe('the key __proto__');
    if (hasEscapes) assertCleanText(key);
    keys += assertSafe((value as Record<string, unknown>)[key], depth + 1, hasEscapes);
  }
  return keys;
}

/** PostgreSQL takes neither, and no two decoders agree on what a lone surrogate is. */
export function assertCleanText(text: string): void {
  if (text.includes('\0')) throw unsafe('a NUL character');
  if (!text.isWellFormed()) throw unsafe('half of a surrogate pair');
}

function unsafe(what: string): DomainError {
  return new DomainError('unreadable', 'input_unsafe', `The request holds ${what}`);
}
