import { type Database, invalid, pause, remainingMs, unavailable } from '@outlay/platform';

/** How long to wait until an instant can be answered for; what is open then is a transaction that hangs. */
const patienceMs = 3_000;
const pollMs = 50;
/** What is left of the caller's time when it is told to come again. */
const reserveMs = 300;

/**
 * The instant whose knowledge is asked for, as text in UTC with microseconds; the present one where none is given.
 *
 * An entry counts as recorded when its transaction began, and shows when that commits. So an instant is final once every
 * transaction that began until then has ended: only then is the same question answered the same for ever, and an instant
 * that is given is waited for, about a second where it is the present one. Nobody waits who gives none; an entry that is
 * being booked at this very moment is then missing.
 *
 * Throws invalid `known_as_of` for an instant to come; unavailable `books_not_settled`.
 */
export async function momentOf(database: Pick<Database, 'once'>, given: string | undefined): Promise<string> {
  const endsAt = Date.now() + Math.min(patienceMs, (remainingMs() ?? patienceMs) - reserveMs);
  for (;;) {
    const moment = await readMoment(database, given);
    if (moment.is_future) throw invalid('known_as_of', 'out_of_range', 'must not be in the future');
    if (given === undefined || moment.is_final) return moment.instant;
    if (Date.now() >= endsAt) {
      throw unavailable('books_not_settled', 'Something from before that instant is still being booked');
    }
    await pause(pollMs);
  }
}

/** The present instant, and the last one that is final. */
export async function presentMoment(database: Pick<Database, 'once'>): Promise<{ instant: string; final: string }> {
  return readMoment(database, undefined);
}

async function readMoment(database: Pick<Database, 'once'>, given: string | undefined): Promise<Moment> {
  const [moment] = await database.once<Moment>(momentStatement, [given ?? null]);
  if (moment === undefined) throw new Error('The statement answered no row');
  return moment;
}

interface Moment {
  instant: string;
  final: string;
  is_future: boolean;
  is_final: boolean;
}

const toText = (instant: string) => `to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

// Every process of the service logs in as one role, and a role sees its own sessions. A second is taken off for what is
// between the beginning of a transaction and its showing up there.
const momentStatement = {
  name: 'read_books_moment',
  text: `
select ${toText('asked.instant')} as instant, ${toText('last.instant')} as final,
  asked.instant > asked.present as is_future, asked.instant <= last.instant as is_final
from (
  select coalesce($1::timestamptz, clock.present) as instant, clock.present
  from (select clock_timestamp() as present) as clock
) as asked
cross join lateral (
  select least(asked.present, min(activity.xact_start)) - interval '1 second 1 microsecond' as instant
  from pg_stat_activity as activity
  where activity.datname = current_database() and activity.usename = session_user
) as last`,
};
