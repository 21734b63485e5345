import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';

/** Answers a text that is the same for everybody and changes only with a new version, or 304 to who has it already. */
export function sendText(request: Request, response: Response, type: string, text: string): void {
  response.setHeader('Cache-Control', 'public, max-age=300');
  response.setHeader('ETag', tagOf(text));
  // Express compares If-None-Match with the tag.
  if (request.fresh) response.status(304).end();
  else response.type(`${type}; charset=utf-8`).send(text);
}

const tags = new Map<string, string>();

/** Texts are few and stay what they are while the process lives. */
function tagOf(text: string): string {
  let tag = tags.get(text);
  if (!tag) {
    tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
    tags.set(text, tag);
  }
  return tag;
}
