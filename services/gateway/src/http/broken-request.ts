import type { Socket } from 'node:net';
import { newId } from '@outlay/platform';
import { type ErrorCode, errorCodes } from './error-codes.ts';
import { bareSecurityHeaders } from './security-headers.ts';

/** What Node cannot parse never reaches a handler; it gets its problem document here, and its connection ends. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined);
  // A client that does not close in its turn must not hold the socket; one that is still sending gets to read first.
  socket.once('finish', () => setTimeout(() => socket.destroy(), 100).unref());
  const code = codeOfError[error.code ?? ''] ?? 'request_malformed';
  const { status, title } = errorCodes[code];
  const requestId = newId();
  const type = `urn:outlay:problem:${code}`;
  const body = JSON.stringify({ type, title, status, code, detail: title, trace_id: requestId });
  const headers = {
    ...bareSecurityHeaders,
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': requestId,
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reasons[status] ?? 'Bad Request'}\r\n${lines.join('')}\r\n${body}`);
}

const codeOfError: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const reasons: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};
