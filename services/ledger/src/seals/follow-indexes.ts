import type { Session } from '@outlay/platform';

/**
 * Has the rest of the session's transaction read along indexes, in the order that they have, whatever statistics say; and plans
 * once for all tenants, as planning for one takes longer, by all the months there are, than a small tenant's rows take to be
 * read. Nothing is read twice, so that nothing is kept for the next lookup.
 */
export async function followIndexes(session: Session): Promise<void> {
  await session.query(statement);
}

const statement = {
  name: 'follow_indexes',
  text: `
select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true),
  set_config('enable_memoize', 'off', true)`,
};
