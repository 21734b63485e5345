import type { CallerContext } from '@outlay/platform';
import type { PagePosition } from '../store/page-position.ts';
import { listOpenSessions, type OpenSession } from '../store/sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** The caller's open sessions in all tenants, the one last used first; at most `count`, behind a place in that order. */
export function createListSessions({ database, clock }: Pick<IdentityDependencies, 'database' | 'clock'>) {
  return (context: CallerContext, query: { after: PagePosition | undefined; count: number }): Promise<OpenSession[]> =>
    listOpenSessions(database, { ...query, userId: context.actor.id, now: clock() });
}
