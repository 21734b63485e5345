import type { PageInfo, PageRequest } from '@outlay/contracts';
import { invalid } from '@outlay/platform';
import { z } from 'zod';

const limitDefault = 50;
const limitMax = 200;

const positions = { uuid: z.uuid(), line: z.string().regex(/^\d{1,9}$/) };

/** How many are wanted, and after which the page begins. Throws invalid on `limit` or `cursor`. */
export function positionOf(
  page: PageRequest | undefined,
  kind: keyof typeof positions,
): { limit: number; after: string | undefined } {
  const limit = page?.limit || limitDefault;
  if (limit < 1 || limit > limitMax) throw invalid('limit', 'limit_invalid', `must be 1 to ${limitMax}`);
  if (!page?.cursor) return { limit, after: undefined };
  const position = positions[kind].safeParse(Buffer.from(page.cursor, 'base64url').toString('utf8'));
  if (!position.success) throw invalid('cursor', 'cursor_invalid', 'is not a cursor of this list');
  return { limit, after: position.data };
}

/** The page of what was read with one more than wanted, which only tells that there is more. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  positionAt: (last: T) => string,
): { items: T[]; page: PageInfo } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const hasMore = found.length > limit;
  const nextCursor = hasMore && last !== undefined ? Buffer.from(positionAt(last)).toString('base64url') : '';
  return { items, page: { nextCursor, hasMore, limit } };
}
