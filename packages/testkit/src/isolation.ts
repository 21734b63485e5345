import { serviceRole, systemRole } from '@outlay/platform';
import pg from 'pg';
import type { TestDatabase } from './database.ts';

/**
 * Looks whether the schema of a service keeps its tenants apart, and answers one line for each fault: a table or partition
 * without row-level security that is forced, or with another rule than that of tenants; a table of all tenants that is open
 * to others than the service; a view with the eyes of its owner; a function that acts for its owner, beside those that
 * make and drop the months; a key of a tenant's table in which the tenant is not first; a role that may more than use.
 */
export async function isolationFaults(database: TestDatabase, schema: string): Promise<string[]> {
  const roles = [serviceRole(schema), systemRole(schema)];
  const [relations, keys, functions, attributes] = await query(database.adminUrl, [
    { text: selectRelations, values: [schema, ...roles] },
    { text: selectKeys, values: [schema] },
    { text: selectFunctions, values: [schema] },
    { text: selectAttributes, values: [roles] },
  ]);
  const found = relations?.length ? [] : [`${schema}: no tables`];
  return [...found, ...[relations, keys, functions, attributes].flatMap((rows) => rows?.map(faultOf) ?? [])].filter(
    (fault) => fault !== '',
  );
}

/** What the login role of a service can read in the schemas of others, or do beyond its own rows; nothing, if all is well. */
export async function reachesOfService(database: TestDatabase, schema: string): Promise<string[]> {
  const [relations = []] = await query(database.adminUrl, [{ text: selectForeign, values: [serviceRole(schema)] }]);
  const foreign = relations.map((row) => String(row.name));
  if (foreign.length < 4) throw new Error('The other services have no tables');
  const statements = [
    ...foreign.map((name) => `select from ${name} limit 1`),
    'set role outlay_owner',
    ...[...new Set(foreign.map((name) => name.split('.')[0] ?? ''))].map((other) => `set role ${systemRole(other)}`),
    `create table ${schema}.mine (id int)`,
    'delete from audit_entries',
  ];
  const role = new pg.Client({ connectionString: database.urlFor(schema) });
  await role.connect();
  try {
    const allowed: string[] = [];
    for (const statement of statements) {
      await role.query('begin');
      await role.query(statement).then(
        () => allowed.push(statement),
        (error: { code?: string }) => error.code !== '42501' && allowed.push(`${statement}: ${error}`),
      );
      await role.query('rollback');
    }
    return allowed;
  } finally {
    await role.end();
  }
}

const faultOf = (row: Record<string, unknown>): string => String(row.fault ?? '');

/** A query, so that it is answered once for a statement; and not for each row, at half a microsecond each. */
const tenantRule = `(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid AS "nullif"))`;

const selectRelations = `
  with relation as (
    select class.oid, class.relname as name, class.relkind as kind, class.relrowsecurity and class.relforcerowsecurity as forced,
      coalesce(class.reloptions @> array['security_invoker=true'], false) as looks_as_invoker,
      (
        select attribute.attnotnull from pg_attribute as attribute
        where attribute.attrelid = class.oid and attribute.attname = 'tenant_id'
      ) as tenant_not_null
    from pg_class as class
    where class.relnamespace = $1::regnamespace and class.relkind in ('r', 'p', 'v', 'm', 'f')
  ), policy as (
    select pg_policy.polrelid as relation, pg_policy.polname as name,
      pg_get_expr(pg_policy.polqual, pg_policy.polrelid) as visible,
      pg_get_expr(pg_policy.polwithcheck, pg_policy.polrelid) as writable,
      pg_policy.polroles <@ array[$3::regrole::oid] as is_system,
      pg_policy.polroles <@ array[$2::regrole::oid, $3::regrole::oid] as is_own
    from pg_policy
  )
  select case
    when relation.kind = 'v' then case when not relation.looks_as_invoker then relation.name || ': looks with the eyes of its owner' end
    when relation.kind in ('m', 'f') then relation.name || ': cannot be protected by rows'
    when not relation.forced then relation.name || ': row-level security is not forced'
    when relation.tenant_not_null is false then relation.name || ': a row may have no tenant'
    when relation.tenant_not_null and not exists (
      select from policy
      where policy.relation = relation.oid and policy.name = 'tenant_isolation'
        and policy.visible = $rule$${tenantRule}$rule$ and policy.writable = policy.visible
    ) then relation.name || ': its rows are not kept by tenant'
    when relation.tenant_not_null and exists (
      select from policy
      where policy.relation = relation.oid and policy.name <> 'tenant_isolation' and not policy.is_system
    ) then relation.name || ': has another way in than the tenant'
    when relation.tenant_not_null is null and exists (
      select from policy where policy.relation = relation.oid and not policy.is_own
    ) then relation.name || ': is open to others than its service'
  end as fault
  from relation
  order by relation.name`;

const selectKeys = `
  select class.relname || ': a key begins with ' || attribute.attname as fault
  from pg_index as index
  join pg_class as class on class.oid = index.indrelid
  join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum = index.indkey[0]
  where class.relnamespace = $1::regnamespace and index.indisunique and attribute.attname <> 'tenant_id'
    and exists (select from pg_attribute as own where own.attrelid = class.oid and own.attname = 'tenant_id')`;

const selectFunctions = `
  select proc.proname || ': acts for its owner' as fault
  from pg_proc as proc
  where proc.pronamespace = $1::regnamespace and proc.prosecdef
    and proc.proname not in ('ensure_month_partitions', 'drop_month_partitions')`;

const selectAttributes = `
  select role.rolname || ': may more than use what it was granted' as fault
  from pg_roles as role
  where role.rolname = any ($1)
    and (role.rolsuper or role.rolbypassrls or role.rolcreaterole or role.rolcreatedb or role.rolreplication
      or role.rolcanlogin and role.rolinherit)`;

/** The tables of the services but of the one whose role is given. */
const selectForeign = `
  select format('%I.%I', namespace.nspname, class.relname) as name
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  join pg_roles as role on role.rolname = 'outlay_' || namespace.nspname
  where role.rolname <> $1 and class.relkind in ('r', 'p', 'v') and namespace.nspname <> 'bus'
  order by 1`;

async function query(
  url: string,
  statements: { text: string; values: unknown[] }[],
): Promise<Record<string, unknown>[][]> {
  const client = new pg.Client({ connectionString: url, application_name: 'outlay-testkit' });
  await client.connect();
  try {
    const answers: Record<string, unknown>[][] = [];
    for (const statement of statements) answers.push((await client.query(statement)).rows);
    return answers;
  } finally {
    await client.end();
  }
}
