import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Answer, Route } from './define-route.ts';
import { isKnownVersion, toEntityTag } from './if-match.ts';

/** Writes an answer. With `isChecked` it is first held against the schema that its route declares. */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  route: Route,
  answer: Answer,
  isChecked: boolean,
): void {
  if (isChecked) assertDeclared(route, answer);
  const headers: Record<string, string | number> = { 'Cache-Control': 'no-store' };
  if (answer.version !== undefined) headers.ETag = toEntityTag(answer.version);
  if (answer.location !== undefined) headers.Location = answer.location;
  if (answer.replayed) headers['Idempotent-Replayed'] = 'true';
  if (route.method === 'get' && answer.version !== undefined) {
    headers['Cache-Control'] = 'private, no-cache';
    if (isKnownVersion(request.headers['if-none-match'], answer.version)) {
      response.writeHead(304, headers).end();
      return;
    }
  }
  const body = JSON.stringify(answer.body);
  headers['Content-Type'] = 'application/json; charset=utf-8';
  headers['Content-Length'] = Buffer.byteLength(body);
  response.writeHead(answer.status, headers);
  response.end(body);
}

/** An answer off its schema is a defect of ours; the error names the places and not the values. */
function assertDeclared(route: Route, answer: Answer): void {
  const schema: z.ZodType | undefined = route.responses[answer.status]?.schema;
  const parsed = schema?.safeParse(answer.body);
  if (parsed?.success) return;
  const places = parsed?.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? ['status'];
  throw new Error(`${route.operationId} answered ${answer.status} off its schema (${places.join('; ')})`);
}
