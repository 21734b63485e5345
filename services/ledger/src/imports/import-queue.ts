import { type DomainError, rateLimited, type Session } from '@outlay/platform';

/** How many imports of a tenant may wait or be under way, those included that are being looked at or taken back. */
const underWayMax = 20;

/**
 * How many previews of a tenant are kept, those included that are being made. Each keeps its file and all its rows. They make
 * room when they are committed or discarded, and at the moment at which their day is over.
 */
const previewsMax = 50;

/** When it is worth trying again: small files are done by then. */
const underWayRetryMs = 15_000;

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
  const { rows } = await session.query<Counted>(countStatement, [session.tenantId]);
  const { under_way: underWay = 0, previews = 0, room_in_ms: roomInMs = 0 } = rows[0] ?? {};
  const added = isStored ? 0 : 1;
  if (underWay + added > underWayMax) throw tooManyUnderWay();
  if (isPreview && previews + added > previewsMax) throw tooManyPreviews(roomInMs);
}

const tooManyUnderWay = (): DomainError =>
  rateLimited('too_many_imports', `At most ${underWayMax} imports wait or are under way at once`, underWayRetryMs);

/** How many there are, and when the day of the first preview is over: fewer can be under way than make all previews there are. */
interface Counted {
  under_way: number;
  previews: number;
  room_in_ms: number;
}

/** Room comes sooner where somebody commits or discards one. */
const tooManyPreviews = (retryAfterMs: number): DomainError =>
  rateLimited(
    'too_many_imports',
    `At most ${previewsMax} previews are kept at once, each for a day; commit or delete some`,
    retryAfterMs,
  );

const countStatement = {
  name: 'count_imports_in_queue',
  text: `
select count(*) filter (where imports.status in ('processing', 'undoing'))::int as under_way,
  count(*) filter (where imports.status = 'previewed' or (imports.status = 'processing' and imports.is_preview))::int as previews,
  coalesce(extract(epoch from min(imports.expires_at) filter (where imports.status = 'previewed') - now()), 0)::float8
    * 1000 as room_in_ms
from imports
where imports.tenant_id = $1
  and (imports.status in ('processing', 'undoing') or (imports.status = 'previewed' and imports.expires_at > now()))`,
};

/** Held until the commit: whoever gets it counts what those before have stored. */
const queueLock = {
  name: 'lock_import_queue',
  text: "select pg_advisory_xact_lock(hashtextextended('queue of imports of ' || $1::text, 0))",
};
