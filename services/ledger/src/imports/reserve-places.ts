import type { Session, TenantId } from '@outlay/platform';
import { z } from 'zod';
import { limitsThatAre, type WantedUse } from './import-limits.ts';

/**
 * A hard limit that leaves less than is wanted, of expenses in a project with its name. Of what is used, so many places are
 * reserved by imports under way.
 */
export type MissingPlaces = z.output<typeof missingPlaces>;

const missingPlaces = z.object({
  metric: z.enum(['projects', 'accounts', 'expenses_per_project', 'expenses_total']),
  project: z.string().nullish(),
  limit: z.number(),
  used: z.number(),
  wanted: z.number(),
  reserved: z.number(),
});

/**
 * Notes what the accounts and projects are that an import names, in the session's transaction: that they stay for it until it
 * ends, whatever becomes of them. Answers how many of each it is going to make, and how many expenses to book to projects. From
 * here on until the transaction ends nobody makes accounts and projects.
 */
export async function bindNames(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<Omit<WantedUse, 'expenses_total'>> {
  const { rows } = await session.query<{ wanted: unknown }>(
    { name: 'bind_names', text: 'select bind_names($1, $2) as wanted' },
    [context.tenantId, importId],
  );
  return boundUse.parse(rows[0]?.wanted);
}

const boundUse = z.object({ accounts: z.int(), projects: z.int(), expenses_per_project: z.int() });

/**
 * Takes the places of all that an import is going to make and hard limits count, in the session's transaction: from its
 * commit on nobody else gets them. Its names have been bound. Answers what stands against it, and takes nothing then. Once in
 * an import; the counters stay locked until the transaction ends, so it is to be short from here.
 *
 * What booking the import makes takes these places, where `bookFor` was said; ending it gives the others back. What has no
 * hard limit now is left open: the import is carried through, whatever the plan becomes.
 */
export async function reservePlaces(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  wanted: WantedUse,
): Promise<MissingPlaces[]> {
  const { rows } = await session.query<{ missing: unknown }>(
    { name: 'reserve_usage', text: 'select reserve_usage($1, $2, $3) as missing' },
    [context.tenantId, importId, JSON.stringify(wanted)],
  );
  return z.array(missingPlaces).parse(rows[0]?.missing);
}

/**
 * Leaves everything open for an import whose rows nobody has counted, so that it is carried through whatever the plan becomes.
 * Answers false, and does nothing, where the plan has a hard limit: the rows must be looked at first.
 */
export async function leavePlacesOpen(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<boolean> {
  const { rowCount } = await session.query(
    {
      name: 'leave_places_open',
      text: `
insert into usage_reservations (tenant_id, import_id, metric, places, is_open)
select $1, $2, metrics.metric, 0, true
from (values ('accounts'), ('expenses_per_project'), ('expenses_total'), ('projects')) as metrics (metric)
where not exists (select from ${limitsThatAre('hard')})`,
    },
    [context.tenantId, importId],
  );
  return (rowCount ?? 0) > 0;
}
