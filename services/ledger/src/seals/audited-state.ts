import { instantOf } from '../store/instants.ts';
import { isStateOfUsualSize } from './stored-size.ts';

/**
 * SQL for reading what audit entries say of how something was after a change: ProtoJSON, in which what is empty is left
 * out. Whatever has been made of it, none of this fails.
 */

/**
 * The audit entries of the thing of a kind whose id is given as a column of text, and that meet the condition; $1 is the
 * tenant. Those that are larger than any of the service say nothing, nor does what is beyond the number that anything ever has: they
 * are named by themselves. A range of one id, in the order of ids, as only one index has that order: where the planner knows nothing of a month,
 * it takes any index for as good that begins with the tenant, and would read the whole month for each id.
 */
export const auditEntriesOf = (entity: string, id: string, condition = ''): string => `
      select change.recorded_at, change.before, change.after
      from audit_entries as change
      where change.tenant_id = $1 and change.entity = '${entity}'
        and change.entity_id >= ${id} and change.entity_id <= ${id}${condition}
        and ${isStateOfUsualSize('change')}
      order by change.entity_id
      limit ${changesMax}`;

/** More changes of one thing are not read. */
const changesMax = 20_000;

/** The version that the row of audit_entries by this alias says; of what was deleted, the one that followed. */
export const versionSaid = (alias: string): string =>
  `coalesce(${versionOf(`${alias}.after`)}, ${versionOf(`${alias}.before`)} + 1)`;

const versionOf = (state: string): string =>
  `case when ${state} ->> 'version' ~ '^[0-9]{1,18}$' then (${state} ->> 'version')::bigint end`;

/**
 * Whether the thing was changed between two of its audit entries without one of its own: one says of how it was before
 * another thing than the one before it says of how it was after. `meaning` takes what is to be the same out of a state.
 */
export const isChangedBetween = (
  entity: string,
  id: string,
  meaning: (state: string) => string,
  condition = '',
): string => `exists (
      select from (
        select change.before, lag(change.after) over (order by ${versionSaid('change')}, change.recorded_at) as previous
        from (${auditEntriesOf(entity, id, condition)}
        ) as change
      ) as step
      where step.before ->> 'version' = step.previous ->> 'version'
        and ${meaning('step.before')} <> ${meaning('step.previous')}
      offset 0
    )`;

/** The texts of these fields of a state, of which one that is left out is empty. */
export const textsOf =
  (fields: readonly string[]) =>
  (state: string): string =>
    `array[${fields.map((field) => `coalesce(${state} ->> '${field}', '')`).join(', ')}]`;

/** An instant as ProtoJSON has it, whose instants come from those of JavaScript; of other eras, as it has none. */
export const milliseconds = (instant: string): string => instantOf(instant, 'MS');
