/**
 * SQL for telling, before it is read, whether something is larger than the service writes it. Whoever puts in what takes longer
 * to read than a statement may would else keep a verification, or the sealing, from going on.
 */

/**
 * Bytes of a column of any type as they are stored, which is known without reading them. What is compressed may come to many
 * times as much and counts four times, which is far more than what the service writes ever does.
 */
const storedBytes = (column: string): string =>
  `pg_column_size(${column}) * case when pg_column_compression(${column}) is null then 1 else 4 end`;

/**
 * The largest that the service writes are of mappings of imports, before and after: five hundred columns with names of two
 * hundred characters each, of which a body of 100 kB lets few through.
 */
const auditEntryBytesMax = 2 * 1_024 * 1_024;

/** Whether an audit entry, as the alias, is no larger than one that the service may have written. */
export const isOfUsualSize = (alias: string): string =>
  `octet_length(${alias}.actor_kind) + octet_length(${alias}.actor_id) + octet_length(${alias}.request_id)
      + octet_length(${alias}.action) + octet_length(${alias}.entity) + octet_length(${alias}.entity_id)
      + coalesce(${storedBytes(`${alias}.before`)}, 0) + coalesce(${storedBytes(`${alias}.after`)}, 0)
      <= ${auditEntryBytesMax}`;

/** An expense has fifty tags of fifty characters at most. */
const tagsBytesMax = 64 * 1_024;

/** The tags in a column, or null where they are more than an expense can have. */
export const usualTags = (column: string): string =>
  `case when ${storedBytes(column)} <= ${tagsBytesMax} then ${column} end`;

/** Four times as many as a seal has, with room for what stands before them in an array. */
const listBytesMax = 4_000 * 32 + 64;

/** A list of a seal, ids or hashes, or `none` where it is longer than any that the service writes. */
export const usualList = (column: string, none: string): string =>
  `case when ${storedBytes(column)} <= ${listBytesMax} then ${column} else ${none} end`;

/** A hash or a signature, of as many bytes at most as tell it from one that the service writes. */
export const usualBytes = (column: string): string => `substring(${column} for 65)`;

/** The same of a text of few characters. */
export const usualText = (column: string): string => `left(${column}, 1000)`;

/** Many times as many as any statement of the service writes at once. */
const queuedIdsMax = 20_000;

/**
 * Whether a row of the queue of the audit trail, as the alias, can be sealed: it is of an instant that a seal can tell, and names no
 * more entries than can be looked up at once. The ids are never compressed (migration 0164); of nulls there are more in as
 * many bytes.
 */
export const isSealable = (alias: string): string =>
  `${alias}.recorded_at >= '2000-01-01 00:00:00+00' and ${alias}.recorded_at < '10000-01-01 00:00:00+00'
      and case
        when pg_column_compression(${alias}.entry_ids) is null
          and pg_column_size(${alias}.entry_ids) <= ${queuedIdsMax * 16 + 64}
          then cardinality(${alias}.entry_ids) <= ${queuedIdsMax}
        else false
      end`;

/** How many entries such a row names; of one that cannot be sealed none is looked up. */
export const queuedCount = (alias: string): string =>
  `case when ${isSealable(alias)} then greatest(cardinality(${alias}.entry_ids), 1) else 1 end`;
