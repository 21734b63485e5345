import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@outlay/platform';
import { assertDeclared, type ResponseCheck, reportUndeclared } from './check-answer.ts';
import type { Answer, Route } from './define-route.ts';
import { isKnownVersion, toEntityTag } from './if-match.ts';

/** Writes an answer, held against the schema that its route declares: before it leaves, or afterwards for the log. */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  options: { route: Route; answer: Answer; check: ResponseCheck; logger: Logger },
): void {
  const { route, answer, check, logger } = options;
  if (check === 'strict') assertDeclared(route, answer);
  else if (check === 'log') response.once('finish', () => setImmediate(reportUndeclared, route, answer, logger));
  const headers: Record<string, string | number> = { 'Cache-Control': 'no-store' };
  if (answer.version !== undefined) headers.ETag = toEntityTag(answer.version);
  if (answer.location !== undefined) headers.Location = answer.location;
  if (answer.replayed) headers['Idempotent-Replayed'] = 'true';
  const { etag, attachment } = route.responses[answer.status] ?? {};
  if (attachment !== undefined) headers['Content-Disposition'] = `attachment; filename="${attachment}"`;
  if (
    route.method === 'get' &&
    etag !== 'for_changes' &&
    isKnownVersion(request.headers['if-none-match'], answer.version)
  ) {
    response.writeHead(304, headers).end();
    return;
  }
  if (answer.body === undefined) {
    response.writeHead(answer.status, headers).end();
    return;
  }
  const body = JSON.stringify(answer.body);
  headers['Content-Type'] = 'application/json; charset=utf-8';
  headers['Content-Length'] = Buffer.byteLength(body);
  response.writeHead(answer.status, headers);
  response.end(body);
}
