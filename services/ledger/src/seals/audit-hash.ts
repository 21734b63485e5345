import { instantOf } from '../store/instants.ts';
import { isOfUsualSize } from './stored-size.ts';

// docs/journal-seals.md says what each byte is. PostgreSQL takes the hashes, in the statement that seals and in those that
// verify: the entries are ten times the size of what is compared. They are made of built-in functions alone, as one of the
// schema could be replaced by whoever changes what it is to guard; and none of them depends on a setting of the session.

/**
 * The hash of the audit entry aliased `entry`, 32 bytes. Free text is written as JSON, so that no line feed in it can pass
 * for the end of a field, and JSON as jsonb prints it, in one line; an empty one is none, unlike a JSON null. Of an entry that is
 * larger than any of the service there is none, but no bytes at all: nobody has to wait for it to be read.
 */
export const auditEntryHash = `case when ${isOfUsualSize('entry')} then sha256(convert_to(concat_ws(
      E'\\n', 'outlay audit entry 1', entry.tenant_id, entry.id, ${instantOf('entry.recorded_at')},
      to_json(entry.actor_kind), to_json(entry.actor_id), to_json(entry.request_id), to_json(entry.action),
      to_json(entry.entity), to_json(entry.entity_id), coalesce(entry.before::text, ''), coalesce(entry.after::text, ''), ''
    ), 'UTF8')) else ''::bytea end`;

/** What stands for the hash of an entry that is not there, or is larger than any of the service. */
const noHash = `decode(repeat('00', 32), 'hex')`;

/** The id of the entry of a group of one, by the list of ids. */
export const onlyIdOf = (ids: string): string => `case when cardinality(${ids}) = 1 then ${ids}[1]::text else '' end`;

/**
 * The hash of a group, an aggregate over the rows of `listed` (id, hash, position) of one instant. $1 is the tenant.
 */
export const groupHashOf = (recordedAt: string): string => `sha256(convert_to(concat(
      'outlay audit group 1', E'\\n', $1::uuid, E'\\n', ${instantOf(recordedAt)}, E'\\n',
      string_agg(concat(listed.id, ' ', encode(listed.hash, 'hex'), E'\\n'), '' order by listed.position)
    ), 'UTF8'))`;

/**
 * What follows `where entry.tenant_id = $1` to look up the audit entry aliased `entry` by its primary key, and how such a lookup
 * ends. A month whose statistics were taken while it was being filled has no rows for the planner, so that every index that
 * begins with the tenant is as good; but no other one has the order that is asked for here (and sorts are the last
 * resort, store/ledger-database.ts), which is none where the id is told by an equation.
 */
export const isEntry = (id: string, recordedAt: string): string =>
  `entry.id between ${id} and ${id} and entry.recorded_at = ${recordedAt}`;
export const byPrimaryKey = 'order by entry.id limit 1';

/**
 * The places of an instant's list of ids, each with the hash of the entry as it is now: id, position, hash. A lookup by primary
 * key for each; `limit` keeps them lookups, whatever the planner thinks of the size of the trail. No statement that has
 * such lookups is prepared: it would be planned while the partitions of the months to come are empty, for which
 * any index is as good, and go on to use another one of theirs when they are full.
 */
export const presentHashes = (ids: string, recordedAt: string, within = 'true'): string => `(
      select place.id, place.position, coalesce(nullif(present.hash, ''), ${noHash}) as hash
      from unnest(${ids}) with ordinality as place (id, position)
      left join lateral (
        select ${auditEntryHash} as hash
        from audit_entries as entry
        where entry.tenant_id = $1 and ${isEntry('place.id', recordedAt)} and ${within}
        ${byPrimaryKey}
      ) as present on true
    )`;
