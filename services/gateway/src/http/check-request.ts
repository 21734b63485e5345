import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { HttpError } from './http-error.ts';

/** Of the address with its query. All headers together may have 16 kB. */
export const targetMaxLength = 8 * 1_024;
const headersMax = 100;

/** Headers that two readers may read differently when they are there twice: Node drops the second, others the first. */
const singleHeaders = new Set(['host', 'authorization', 'content-type', 'content-length', 'x-tenant-id', 'if-match']);

/**
 * Refuses requests that are HTTP as far as the parser is concerned and that no client of ours sends. Where it cannot be
 * told what the other side takes the request for, the connection is closed after the answer.
 */
export const checkRequest: RequestHandler = (request, _response, next) => {
  const target = request.originalUrl;
  if (target.length > targetMaxLength) {
    throw new HttpError('uri_too_long', `The address may have at most ${targetMaxLength} characters`);
  }
  if (!/^\/[\x21-\x7e]*$/.test(target)) throw malformed('The request target must be a path in printable ASCII');
  if (request.headers.expect !== undefined && request.headers.expect.toLowerCase() !== '100-continue') {
    throw new HttpError('expectation_failed', 'Nothing but 100-continue can be expected', { Connection: 'close' });
  }
  checkHeaders(request);
  next();
};

function checkHeaders({ rawHeaders, headers, httpVersionMinor }: IncomingMessage): void {
  if (rawHeaders.length > headersMax * 2) {
    throw new HttpError('headers_too_large', `There may be at most ${headersMax} headers`, { Connection: 'close' });
  }
  if (headers.host === undefined && httpVersionMinor > 0) throw malformed('The Host header is missing');
  let seen: Set<string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!singleHeaders.has(name)) continue;
    seen ??= new Set();
    if (seen.has(name)) throw malformed(`The header ${name} is there twice`);
    seen.add(name);
  }
}

function malformed(detail: string): HttpError {
  return new HttpError('request_malformed', detail, { Connection: 'close' });
}
