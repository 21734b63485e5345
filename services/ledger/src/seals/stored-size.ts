/**
 * SQL for telling, before it is read, whether something is larger than the service writes it. Whoever puts in what takes longer
 * to read than a statement may would else keep a verification, or the sealing, from going on.
 */

/**
 * Whether columns of any type have no more bytes together as they are stored, which is known without reading them. What is
 * compressed may come to many times as much and counts four times, which is far more than what the service writes ever does;
 * that is looked at only where it could matter, as this is asked of each row.
 */
function haveAtMost(bytesMax: number, columns: readonly string[]): string {
  const stored = columns.map((column) => `coalesce(pg_column_size(${column}), 0)`);
  const weighed = columns.map(
    (column, index) => `${stored[index]} * case when pg_column_compression(${column}) is null then 1 else 4 end`,
  );
  return `(${stored.join(' + ')} <= ${bytesMax / 4} or ${weighed.join(' + ')} <= ${bytesMax})`;
}

/**
 * The largest that the service writes are of mappings of imports, before and after: five hundred columns with names of two
 * hundred characters each, of which a body of 100 kB lets few through.
 */
const auditEntryBytesMax = 2 * 1_024 * 1_024;

/** Whether what an audit entry, as the alias, says of before and after is no larger than the service may have written it. */
export const isStateOfUsualSize = (alias: string): string =>
  haveAtMost(auditEntryBytesMax, [`${alias}.before`, `${alias}.after`]);

/** The same of the whole entry. */
export const isOfUsualSize = (alias: string): string =>
  haveAtMost(
    auditEntryBytesMax,
    ['actor_kind', 'actor_id', 'request_id', 'action', 'entity', 'entity_id', 'before', 'after'].map(
      (column) => `${alias}.${column}`,
    ),
  );

/** An expense has fifty tags of fifty characters at most. */
const tagsBytesMax = 64 * 1_024;

/** The tags in a column, or null where they are more than an expense can have. */
export const usualTags = (column: string): string =>
  `case when ${haveAtMost(tagsBytesMax, [column])} then ${column} end`;

/** The rules of a mapping in a column, or null where they are more than one can have. */
export const usualMapping = (column: string): string =>
  `case when ${haveAtMost(auditEntryBytesMax, [column])} then ${column} end`;

/** Four times as many as a seal has, with room for what stands before them in an array. */
const listBytesMax = 4 * (1_000 * 32 + 64);

/** A list of a seal, ids or hashes, or `none` where it is longer than any that the service writes. */
export const usualList = (column: string, none: string): string =>
  `case when ${haveAtMost(listBytesMax, [column])} then ${column} else ${none} end`;

/** A hash or a signature, of as many bytes at most as tell it from one that the service writes. */
export const usualBytes = (column: string): string =>
  `case when octet_length(${column}) <= 64 then ${column} else substring(${column} for 65) end`;

/** The same of a text of few characters. */
export const usualText = (column: string): string =>
  `case when octet_length(${column}) <= 1000 then ${column} else left(${column}, 1001) end`;

/** The id of a key, or null. An empty one, which is no key's, reads as something, so that it does not pass for null. */
export const storedKeyId = (column: string): string =>
  `case when ${column} = '' then '(empty)' else ${usualText(column)} end`;

/** A signature, or null; an empty one reads as something in the same way. */
export const storedSignature = (column: string): string =>
  `case when ${column} = '' then decode('00', 'hex') else ${usualBytes(column)} end`;

/** A rate, or what is none where it has more digits than any that the service writes. */
export const usualRate = (column: string): string =>
  `case when ${column} < 1e30 and scale(${column}) < 100 then ${column} else 'NaN' end`;

/** Many times as many as any statement of the service writes at once: for each row of a batch of an import one, or a category on each level. */
const queuedIdsMax = 50_000;

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
