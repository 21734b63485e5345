import { type DomainError, rateLimited, type Session } from '@outlay/platform';

/** How many imports of a tenant may wait or be under way, those included that are being looked at or taken back. */
const underWayMax = 20;

/** How many previews of a tenant are kept, those included that are being made. Each keeps its file and all its rows. */
const previewsMax = 50;

/** When it is worth trying again: small files are done by then. */
const underWayRetryMs = 15_000;

/** Previews make room when they are committed or discarded, or after their day, which is looked for every hour. */
const previewsRetryMs = 3_600_000;

/**
 * Refuses what is to wait or to be under way from now on where the tenant has no place for it. To be called twice: first, as
 * far as can be told without a lock, so that what comes to a full queue is not stored only to be taken back (`isStored`
 * false); and when it is stored and its job added, as late in the transaction as can be: whoever commits next waits from here.
 * So it is exact, however many come at once.
 *
 * Throws rate_limited `too_many_imports`.
 */
export async function takePlaceInQueue(
  session: Session,
  { isPreview, isStored }: { isPreview: boolean; isStored: boolean },
): Promise<void> {
  if (isStored) await session.query(queueLock, [session.tenantId]);
  const { rows } = await session.query<{ under_way: number; previews: number }>(countStatement, [session.tenantId]);
  const { under_way: underWay = 0, previews = 0 } = rows[0] ?? {};
  const added = isStored ? 0 : 1;
  if (underWay + added > underWayMax) throw tooManyUnderWay();
  if (isPreview && previews + added > previewsMax) throw tooManyPreviews();
}

const tooManyUnderWay = (): DomainError =>
  rateLimited('too_many_imports', `At most ${underWayMax} imports wait or are under way at once`, underWayRetryMs);

const tooManyPreviews = (): DomainError =>
  rateLimited(
    'too_many_imports',
    `At most ${previewsMax} previews are kept at once, each for a day; commit or delete some`,
    previewsRetryMs,
  );

const countStatement = {
  name: 'count_imports_in_queue',
  text: `
select count(*) filter (where imports.status in ('processing', 'undoing'))::int as under_way,
  count(*) filter (where imports.status = 'previewed' or (imports.status = 'processing' and imports.is_preview))::int as previews
from imports
where imports.tenant_id = $1
  and (imports.status in ('processing', 'undoing') or (imports.status = 'previewed' and imports.expires_at > now()))`,
};

/** Held until the commit: whoever gets it counts what those before have stored. */
const queueLock = {
  name: 'lock_import_queue',
  text: "select pg_advisory_xact_lock(hashtextextended('queue of imports of ' || $1::text, 0))",
};
