import type { IncomingMessage } from 'node:http';
import { DomainError } from '@outlay/platform';
import { HttpError } from './http-error.ts';

/** Bodies other than imports. */
export const jsonBodyMaxBytes = 100 * 1024;

const depthMax = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads and parses a JSON body. Refused at this edge, so that nothing behind it has to think of them: other media
 * types, bodies over 100 kB or slower than timeoutMs, bytes that are not UTF-8, nesting deeper than 32, NUL
 * characters, lone surrogates, the key `__proto__`, and numbers that JavaScript cannot hold.
 */
export async function readJson(request: IncomingMessage, timeoutMs: number): Promise<unknown> {
  assertJson(request);
  return parseJson(await readBody(request, jsonBodyMaxBytes, timeoutMs));
}

/** Whether the request announces a body at all. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

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
  assertSafe(value, 0, text.includes('\\u'));
  return value;
}

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

function assertSafe(value: unknown, depth: number, hasEscapes: boolean): void {
  if (typeof value === 'string') {
    if (hasEscapes) assertCleanText(value);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw unsafe('a number that is too large');
  } else if (typeof value === 'object' && value !== null) {
    if (depth >= depthMax) throw unsafe(`more than ${depthMax} levels of nesting`);
    if (Array.isArray(value)) for (const item of value) assertSafe(item, depth + 1, hasEscapes);
    else {
      for (const key of Object.keys(value)) {
        if (key === '__proto__') throw unsafe('the key __proto__');
        if (hasEscapes) assertCleanText(key);
        assertSafe((value as Record<string, unknown>)[key], depth + 1, hasEscapes);
      }
    }
  }
}

/** PostgreSQL takes neither, and no two decoders agree on what a lone surrogate is. */
export function assertCleanText(text: string): void {
  if (text.includes('\0')) throw unsafe('a NUL character');
  if (!text.isWellFormed()) throw unsafe('half of a surrogate pair');
}

function unsafe(what: string): DomainError {
  return new DomainError('unreadable', 'input_unsafe', `The request holds ${what}`);
}
