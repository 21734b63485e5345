import type { NamedStatement } from '@outlay/platform';
import { auditEntriesOf, isChangedBetween, milliseconds, textsOf, versionSaid } from './audited-state.ts';
import type { hasNilId } from './has-nil-id.ts';
import { isOtherRules } from './mapping-rules.ts';
import { usualMapping } from './stored-size.ts';

/** What is held against the audit trail as a whole, in this order. */
export const auditedReferences = ['category', 'account', 'project', 'exchange_rate', 'import_mapping'] as const;

export type AuditedReference = (typeof auditedReferences)[number];

// Both along their index; of what is shown, all that have the last id. Ids are text in the audit trail, where they have the same order; what is no id there is left to
// those who look at the trail itself.
const findStatement = (entity: AuditedReference, table: string) => ({
  name: `find_audited_${table}`,
  text: `
select array(
  select shown.id::text from ${table} as shown
  where shown.tenant_id = $1 and shown.id > $2::uuid
  order by shown.id
  fetch first ($3) rows with ties
) as shown, array(
  select change.entity_id from audit_entries as change
  where change.tenant_id = $1 and change.entity = '${entity}' and change.entity_id > $2::uuid::text
    and change.entity_id ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
  order by change.entity_id
  limit $3
) as audited`,
});

// Ids come as text as well, as row-level security lets no conversion into an index. The last entry is that of the highest
// version: of two changes that waited for each other, the second may have begun first.
const compareStatement = (
  entity: AuditedReference,
  shown: string,
  differences: Record<string, string>,
  isBetween = 'false',
) => ({
  name: `compare_audited_${entity}`,
  text: `
select wanted.audited_id as id, shown.version is not null as is_shown,
  coalesce(shown.created_at <= $4::timestamptz, false) as is_counted, coalesce(last.is_there, false) as is_audited,
  last.state is null as is_deleted, coalesce(last.version < shown.version, true) as is_older, compared.differences,
  compared.is_changed_between
from unnest($2::uuid[], $3::text[]) as wanted (id, audited_id)
left join lateral (${shown}
) as shown on true
left join lateral (
  select true as is_there, change.after as state, ${versionSaid('change')} as version
  from (${auditEntriesOf(entity, 'wanted.audited_id')}
  ) as change
  order by ${versionSaid('change')} desc nulls last
  limit 1
) as last on true
cross join lateral (
  select concat_ws(
    ', ',${Object.entries(differences)
      .map(([what, isDifferent]) => `\n    case when ${isDifferent} then '${what}' end`)
      .join(',')}
  ) as differences, ${isBetween} as is_changed_between
  offset 0
) as compared
order by wanted.id`,
});

const isOther = (shown: string, field: string): string =>
  `coalesce(${shown}::text, '') <> coalesce(last.state ->> '${field}', '')`;

const statementsOf = (
  entity: AuditedReference,
  table: 'categories' | 'accounts' | 'projects',
  own: Record<string, { column: string; field: string }>,
) => ({
  table,
  find: findStatement(entity, table),
  compare: compareStatement(
    entity,
    `
  select ${columnsOf(table, own)}
  from ${table}
  where ${table}.tenant_id = $1 and ${table}.id = wanted.id
  limit 1`,
    {
      name: isOther('shown.name', 'name'),
      ...Object.fromEntries(
        Object.entries(own).map(([what, { column, field }]) => [what, isOther(`shown.${column}`, field)]),
      ),
      description: isOther('shown.description', 'description'),
      archived: isOther(milliseconds('shown.archived_at'), 'archivedAt'),
      version: isOther('shown.version', 'version'),
      created: isOther(milliseconds('shown.created_at'), 'createdAt'),
    },
    `shown.version > 1 and ${isChangedBetween(
      entity,
      'wanted.audited_id',
      textsOf(['name', 'description', 'archivedAt', ...Object.values(own).map(({ field }) => field)]),
    )}`,
  ),
});

const columnsOf = (table: string, own: Record<string, { column: string }>): string =>
  [...usualColumns, ...Object.values(own).map(({ column }) => column)].map((column) => `${table}.${column}`).join(', ');

const usualColumns = ['name', 'description', 'archived_at', 'version', 'created_at'];

// Of a rate all revisions stay, each with its audit entry; the newest one is in force.
const newestRevision = `
  select rate.revision as version, rate.recorded_at as created_at, trim_scale(rate.rate) as rate, rate.base_currency,
    rate.quote_currency, rate.rate_date, rate.provider, rate.actor_kind, rate.actor_id
  from exchange_rates as rate
  where rate.tenant_id = $1 and rate.id = wanted.id
  order by rate.revision desc
  limit 1`;

/** More of one rate are not looked at; they are one too many by then. */
const revisionsMax = 20_000;

const auditedRevisions = `(
      select count(distinct rate.revision)
      from (
        select earlier.revision, earlier.recorded_at, earlier.rate_date, earlier.base_currency, earlier.quote_currency,
          earlier.rate, earlier.provider, earlier.actor_kind, earlier.actor_id
        from exchange_rates as earlier
        where earlier.tenant_id = $1 and earlier.id = wanted.id and earlier.revision < shown.version
        limit ${revisionsMax}
      ) as rate
      where exists (
        select from (${auditEntriesOf('exchange_rate', 'wanted.audited_id', ' and change.recorded_at = rate.recorded_at')}
        ) as change
        where change.after ->> 'version' = rate.revision::text
          and change.after ->> 'date' = rate.rate_date::text
          and change.after ->> 'baseCurrency' = rate.base_currency::text
          and change.after ->> 'quoteCurrency' = rate.quote_currency::text
          and coalesce(change.after ->> 'rate', '') = coalesce(trim_scale(rate.rate)::text, '')
          and coalesce(change.after ->> 'provider', '') = rate.provider
          and change.after ->> 'actorKind' = rate.actor_kind and change.after ->> 'actorId' = rate.actor_id
        offset 0
      )
    )`;

const revisions = `(
      select count(*) from exchange_rates as rate where rate.tenant_id = $1 and rate.id = wanted.id
    )`;

const shownMapping = `
  select mapping.name, ${usualMapping('mapping.mapping')} as mapping, mapping.version, mapping.created_at, mapping.updated_at
  from import_mappings as mapping
  where mapping.tenant_id = $1 and mapping.id = wanted.id
  limit 1`;

interface Statements {
  table: Parameters<typeof hasNilId>[1];
  find: NamedStatement;
  compare: NamedStatement;
}

/** How the next things of a kind are found, by their ids, and how they are compared. */
export const referenceStatements: Record<AuditedReference, Statements> = {
  category: statementsOf('category', 'categories', { parent: { column: 'parent_id', field: 'parentId' } }),
  account: statementsOf('account', 'accounts', {
    kind: { column: 'kind', field: 'kind' },
    currency: { column: 'currency', field: 'currency' },
  }),
  project: statementsOf('project', 'projects', { code: { column: 'code', field: 'code' } }),
  exchange_rate: {
    table: 'exchange_rates',
    find: findStatement('exchange_rate', 'exchange_rates'),
    compare: compareStatement('exchange_rate', newestRevision, {
      rate: isOther('shown.rate', 'rate'),
      currencies: `${isOther('shown.base_currency', 'baseCurrency')} or ${isOther('shown.quote_currency', 'quoteCurrency')}`,
      date: isOther('shown.rate_date', 'date'),
      provider: isOther('shown.provider', 'provider'),
      actor: `${isOther('shown.actor_kind', 'actorKind')} or ${isOther('shown.actor_id', 'actorId')}`,
      version: isOther('shown.version', 'version'),
      recorded: isOther(milliseconds('shown.created_at'), 'recordedAt'),
      'more revisions than versions': `${revisions} > shown.version`,
      'earlier revisions': `${auditedRevisions} <> shown.version - 1`,
    }),
  },
  import_mapping: {
    table: 'import_mappings',
    find: findStatement('import_mapping', 'import_mappings'),
    compare: compareStatement(
      'import_mapping',
      shownMapping,
      {
        name: isOther('shown.name', 'name'),
        rules: isOtherRules,
        version: isOther('shown.version', 'version'),
        created: isOther(milliseconds('shown.created_at'), 'createdAt'),
        updated: isOther(milliseconds('shown.updated_at'), 'updatedAt'),
      },
      `shown.version > 1 and ${isChangedBetween('import_mapping', 'wanted.audited_id', textsOf(['name', 'rules']))}`,
    ),
  },
};
