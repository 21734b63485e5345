import type { PageInfo, PageRequest } from '@outlay/contracts';
import { invalid } from '@outlay/platform';
import type { z } from 'zod';

const limitDefault = 50;
const limitMax = 200;

/** Reads a page request whose cursors hold what `position` describes. Throws invalid on `limit` or `cursor`. */
export function parsePage<S extends z.ZodType>(
  page: PageRequest | undefined,
  position: S,
): { limit: number; after: z.output<S> | undefined } {
  const limit = page?.limit || limitDefault;
  if (limit < 1 || limit > limitMax) throw invalid('limit', 'out_of_range', `must be 1 to ${limitMax}`);
  if (!page?.cursor) return { limit, after: undefined };
  const parsed = position.safeParse(decode(page.cursor));
  if (!parsed.success) throw invalid('cursor', 'cursor_invalid', 'is not a cursor of this list');
  return { limit, after: parsed.data };
}

/** Says where the next page begins: behind `last`. */
export function toPageInfo(limit: number, hasMore: boolean, last: unknown): PageInfo {
  return { limit, hasMore, nextCursor: hasMore ? encode(last) : '' };
}

function encode(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
