import type { CallerContext } from '@outlay/platform';
import { accessTokenSeconds } from '../domain/lifetimes.ts';
import { listRevokedSessionIds } from '../store/sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** More than verifiers tolerate and clocks differ. */
const marginMs = 60_000;

/** The sessions closed since an instant, as far as their access tokens may still be unexpired; for gateways that lost their copy. */
export function createListRevokedSessions({ database, clock }: IdentityDependencies) {
  return (_context: CallerContext, query: { since: Date | undefined }): Promise<string[]> => {
    const oldest = clock().getTime() - accessTokenSeconds * 1000 - marginMs;
    const since = new Date(Math.max(oldest, query.since?.getTime() ?? oldest));
    return listRevokedSessionIds(database, since);
  };
}
