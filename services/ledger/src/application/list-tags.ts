import type { TenantContext } from '@outlay/platform';
import type { Page } from '../store/reference-rows.ts';
import { areChangesMany, readTags, type TagCount } from '../store/tag-counts.ts';
import type { LedgerDependencies } from './dependencies.ts';

export interface TagListing {
  /** What the names begin with, whatever its case. */
  prefix: string | undefined;
  /** The name that the page comes after. */
  after: string | undefined;
  limit: number;
}

/**
 * A page of the tags of posted expenses that the caller may see, by name (in the order of its characters), each with how
 * many have it: members see the tags of their own expenses, and count these alone.
 */
export async function listTags(
  { database, tagTally }: LedgerDependencies,
  context: TenantContext,
  { prefix, after, limit }: TagListing,
): Promise<Page<TagCount>> {
  const userId = context.role === 'member' ? context.actor.id : undefined;
  const { found, areMany } = await database.withTenant(
    context,
    async (session) => ({
      found: await readTags(session, { prefix, userId }, { after, count: limit + 1 }),
      areMany: await areChangesMany(session),
    }),
    { readOnly: true },
  );
  if (areMany) tagTally.wake(context.tenantId);
  return { items: found.slice(0, limit), hasMore: found.length > limit };
}
