import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { migrateSchema } from '@outlay/platform';
import { migrationDirectories, schemas } from '../../src/host/migrate-platform.ts';
import { createTestDatabase, type TestDatabase } from '../../src/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

// What is taken back one by one leaves, each time, what was there before it.
it.each(schemas)(
  'migrations of %s go down as they came up, step by step, and up again',
  async (schema) => {
    const directories = migrationDirectories(schema);
    const step = (direction: 'up' | 'down', directory: string) =>
      migrateSchema(database.adminUrl, { schema, directories: [directory], direction, most: 1 });

    const onTheWayDown: { directory: string; migration: string; definitions: string[] }[] = [];
    for (const directory of directories.toReversed()) {
      for (;;) {
        const definitions = await definitionsOf(schema);
        const [migration] = await step('down', directory);
        if (migration === undefined) break;
        onTheWayDown.push({ directory, migration, definitions });
      }
    }
    expect(new Set(onTheWayDown.map(({ directory }) => directory)).size).toBe(directories.length);

    for (const before of onTheWayDown.toReversed()) {
      const [migration] = await step('up', before.directory);
      expect({ ...before, migration, definitions: await definitionsOf(schema) }).toEqual(before);
    }
  },
  120_000,
);

/** Everything in a schema that migrations make, as the statements or words that PostgreSQL has for it. */
async function definitionsOf(schema: string): Promise<string[]> {
  const rows = await database.query<{ definition: string }>(
    `
with relation as (
  select class.oid, class.relname, class.relkind, class.relrowsecurity, class.relforcerowsecurity, class.relacl, class.reloptions
  from pg_class as class
  where class.relnamespace = $1::regnamespace
)
select format('%s %s %s %s %s %s', relkind, relname, relrowsecurity, relforcerowsecurity, reloptions,
  (select array_agg(item::text order by item::text) from unnest(relacl) as item)) as definition
from relation
union all
select format('column %s.%s %s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull,
  pg_get_expr(adbin, adrelid), (select array_agg(item::text order by item::text) from unnest(attacl) as item))
from relation
join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
left join pg_attrdef on adrelid = relation.oid and adnum = attnum
where relkind in ('r', 'p', 'v')
union all
select format('%s %s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
from relation
join pg_constraint on conrelid = relation.oid
union all
select pg_get_indexdef(oid) from relation where relkind in ('i', 'I')
union all
select format('%s %s %s %s %s %s', relname, polname, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid),
  pg_get_expr(polwithcheck, polrelid))
from relation
join pg_policy on polrelid = relation.oid
union all
select pg_get_triggerdef(pg_trigger.oid) from relation join pg_trigger on tgrelid = relation.oid and not tgisinternal
union all
-- That temporary tables come last is said by some that are restored and was not before; they name none.
select format('%s %s', replace(pg_get_functiondef(pg_proc.oid), $$, 'pg_temp'$$, ''), proacl)
from pg_proc where pronamespace = $1::regnamespace
order by definition`,
    [schema],
  );
  return rows.map(({ definition }) => definition);
}
