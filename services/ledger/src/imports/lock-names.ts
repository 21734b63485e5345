import type { Session } from '@outlay/platform';

/** Names of accounts, or of categories, that something may be given. */
export interface Nameable {
  kind: 'account' | 'category';
  candidates: readonly string[];
}

/** More names than these are locked by one lock for all, as the server has room for so many locks and no more. */
const namesMax = 100;

/**
 * Waits for everybody who decides at this moment what exports mean by names of which one could be given here, in any import
 * of the tenant, and keeps others from it until the session's transaction ends: what is chosen is made within it, so that the
 * next one finds it. Who decides of other names is not waited for, as a batch takes seconds to book. The locks of names are taken
 * in one order, and behind the one for all, which those that have many names take alone.
 */
export async function lockNames(session: Session, all: readonly Nameable[]): Promise<void> {
  const names = new Set(all.flatMap(({ kind, candidates }) => candidates.map((name) => `${kind} ${name}`)));
  if (names.size > namesMax) {
    await session.query(lockAll, [session.tenantId]);
    return;
  }
  await session.query(lockAllShared, [session.tenantId]);
  await session.query(lockEach, [session.tenantId, [...names]]);
}

const keyForAll = "hashtextextended('what exports mean in ' || $1::text, 0)";

const lockAll = { name: 'lock_import_meanings', text: `select pg_advisory_xact_lock(${keyForAll})` };

const lockAllShared = {
  name: 'share_import_meanings',
  text: `select pg_advisory_xact_lock_shared(${keyForAll})`,
};

const lockEach = {
  name: 'lock_import_names',
  text: `
select pg_advisory_xact_lock(place.key)
from (
  select distinct hashtextextended('what exports mean by ' || name, hashtextextended($1::text, 0)) as key
  from unnest($2::text[]) as name
  order by key
  offset 0
) as place`,
};
