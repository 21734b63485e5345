import type { Session, TenantId } from '@outlay/platform';
import type { MadeUse } from './import-limits.ts';
import { beginStage } from './import-progress.ts';
import type { ImportState } from './import-state.ts';

/** An import that waits asks whether the others are over a second later at the earliest, and ten at the latest. */
const askAgainMs = { least: 1_000, most: 10_000 };

/**
 * Begins to look at the rows of an import, and notes how much the others that are being booked had made by then: the look sees
 * that much, so what they make from here on may be what this one wants to make. Whoever is first says so.
 */
export async function beginLook(session: Session, context: { tenantId: TenantId }, importId: string): Promise<void> {
  await session.query(
    {
      name: 'begin_import_look',
      text: `
update imports
set stage_began_at = now(), made_beside = (
  select coalesce(jsonb_object_agg(others.id, to_jsonb(others) - 'id'), '{}') from (
    select other.id, ${madeColumns}
    from imports as other
    where other.tenant_id = $1 and other.id <> $2 and other.status = 'processing' and other.stage = 'booking'
  ) as others
)
where imports.tenant_id = $1 and imports.id = $2 and imports.status = 'processing' and imports.stage = 'surveying'
  and imports.made_beside is null and imports.waits_since is null`,
    },
    [context.tenantId, importId],
  );
}

/**
 * What other imports have made since the look at the rows of this one began. As many of its rows may be duplicates by now,
 * and as many of the accounts and projects that it would make be there.
 */
export async function countMadeBeside(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<MadeUse> {
  const { rows } = await session.query<MadeUse>(
    {
      name: 'count_made_beside',
      text: `
select ${(['accounts', 'expenses_total', 'projects'] as const)
        .map(
          (metric) => `coalesce(sum(greatest(others.${metric}
    - coalesce((others.made_beside -> others.id::text ->> '${metric}')::bigint, 0), 0)), 0)::float8 as ${metric}`,
        )
        .join(',\n  ')}
from (
  select other.id, mine.made_beside, ${madeColumns}
  from imports as mine
  join imports as other on other.tenant_id = mine.tenant_id and other.id <> mine.id
  where mine.tenant_id = $1 and mine.id = $2
    and ((other.status = 'processing' and other.stage = 'booking') or other.finished_at >= mine.stage_began_at
      or mine.made_beside ? other.id::text)
) as others`,
    },
    [context.tenantId, importId],
  );
  return rows[0] ?? { accounts: 0, expenses_total: 0, projects: 0 };
}

const countOfMade = (kind: 'account' | 'project'): string => `(
      select count(*) from import_made as made
      where made.tenant_id = other.tenant_id and made.import_id = other.id and made.kind = '${kind}'
    )`;

/** What another import has made so far of what plans limit. */
const madeColumns = `other.imported as expenses_total, ${countOfMade('account')} as accounts,
      ${countOfMade('project')} as projects`;

/**
 * Puts an import back to where the look at its rows begins, once those are over that are being booked now. Nothing is to be
 * kept in mind for that: whoever begins to work on it asks. The caller holds the import's lock.
 */
export async function beginToWait(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<ImportState> {
  const state = await beginStage(session, context, importId, 'surveying');
  await session.query(
    {
      name: 'begin_import_wait',
      // By the clock: others may have reserved since the transaction began.
      text: 'update imports set waits_since = clock_timestamp() where imports.tenant_id = $1 and imports.id = $2',
    },
    [context.tenantId, importId],
  );
  await putOff(session, context, importId);
  return state;
}

/**
 * Answers whether an import that waits has to go on waiting, without a look at its file: whether one of the others that were
 * being booked when it began to wait still is. Only those have reservations. For those that came later it does not wait, or
 * they could go before it for ever. Where they are over it waits no more. The caller holds the import's lock.
 */
export async function goesOnWaiting(
  session: Session,
  context: { tenantId: TenantId },
  { id, waitsSince }: ImportState,
): Promise<boolean> {
  if (!waitsSince) return false;
  const { rowCount } = await session.query(
    {
      name: 'end_import_wait',
      text: `
update imports
set waits_since = null
where imports.tenant_id = $1 and imports.id = $2 and not exists (
  select from imports as other
  where other.tenant_id = $1 and other.id <> $2 and other.status = 'processing' and other.stage = 'booking'
    and other.stage_began_at <= imports.waits_since
)`,
    },
    [context.tenantId, id],
  );
  if (rowCount === 1) return false;
  await putOff(session, context, id);
  return true;
}

/** When to ask again, in milliseconds: the longer it has waited, the later. */
export async function askAgainIn(session: Session, context: { tenantId: TenantId }, importId: string): Promise<number> {
  const { rows } = await session.query<{ wait_ms: number }>(
    {
      name: 'find_import_wait',
      text: `
select least(greatest(extract(epoch from now() - imports.waits_since) * 1000, $3), $4)::float8 as wait_ms
from imports
where imports.tenant_id = $1 and imports.id = $2`,
    },
    [context.tenantId, importId, askAgainMs.least, askAgainMs.most],
  );
  return rows[0]?.wait_ms ?? askAgainMs.least;
}

/** Nobody is to take it up as interrupted before it is time to ask again; its job may be lost with its process all the same. */
async function putOff(session: Session, context: { tenantId: TenantId }, importId: string): Promise<void> {
  await session.query(
    {
      name: 'put_off_import',
      text: `
update imports set progressed_at = now() + $3 * interval '1 millisecond'
where imports.tenant_id = $1 and imports.id = $2`,
    },
    [context.tenantId, importId, askAgainMs.most],
  );
}
