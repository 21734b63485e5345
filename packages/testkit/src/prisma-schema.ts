import { readFile } from 'node:fs/promises';
import pg from 'pg';

type Column = { type: string; isNullable: boolean };
type Table = { columns: Map<string, Column>; keys: Set<string> };

/**
 * Holds a `schema.prisma` against a migrated schema of the database that `url` names, and answers one line for each
 * difference: a table or column that one of them lacks, another type, another nullability, another primary or unique
 * key. Tables without a model are not looked at; they belong to SQL.
 */
export async function prismaSchemaFaults(given: { file: string; url: string; schema: string }): Promise<string[]> {
  const models = readModels(await readFile(given.file, 'utf8'));
  const tables = await readTables(given.url, given.schema);
  if (models.size === 0) return [`${given.file} has no models`];
  return [...models].flatMap(([name, model]) => {
    const table = tables.get(name);
    return table === undefined ? [`${name}: no such table`] : tableFaults(name, model, table);
  });
}

function tableFaults(name: string, model: Table, table: Table): string[] {
  const columnNames = new Set([...model.columns.keys(), ...table.columns.keys()]);
  const columns = [...columnNames].flatMap((column) => {
    const [wanted, found] = [shown(model.columns.get(column)), shown(table.columns.get(column))];
    return wanted === found ? [] : [`${name}.${column}: ${wanted} in the model, ${found} in the database`];
  });
  const keys = [...model.keys].filter((key) => !table.keys.has(key)).map((key) => `${name}: no such key: ${key}`);
  return [...columns, ...keys];
}

function shown(column: Column | undefined): string {
  return column === undefined ? 'nothing' : `${column.type}${column.isNullable ? ' null' : ''}`;
}

const scalarTypes: Record<string, string> = {
  String: 'text',
  Boolean: 'boolean',
  Int: 'integer',
  BigInt: 'bigint',
  Float: 'double precision',
  Decimal: 'numeric',
  DateTime: 'timestamp(3) without time zone',
  Json: 'jsonb',
  Bytes: 'bytea',
};

/** By the names that PostgreSQL's format_type gives. */
const nativeTypes: Record<string, (argument: string) => string> = {
  Uuid: () => 'uuid',
  Text: () => 'text',
  Char: (length) => `character(${length})`,
  VarChar: (length) => (length ? `character varying(${length})` : 'character varying'),
  SmallInt: () => 'smallint',
  Date: () => 'date',
  Timestamptz: (precision) => (precision ? `timestamp(${precision}) with time zone` : 'timestamp with time zone'),
  Json: () => 'json',
};

function readModels(text: string): Map<string, Table> {
  const models = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)];
  return new Map(
    models.map(([, name = '', body = '']) => [/@@map\("(\w+)"\)/.exec(body)?.[1] ?? name, readModel(body)]),
  );
}

function readModel(body: string): Table {
  const columnOf = new Map<string, string>();
  const table: Table = { columns: new Map(), keys: new Set() };
  for (const line of body.split('\n')) {
    const field = /^\s+(\w+)\s+(\w+)(\?|\[\])?(.*)$/.exec(line);
    const [, name = '', scalar = '', suffix = '', attributes = ''] = field ?? [];
    const base = scalarTypes[scalar];
    // What is no scalar is a relation.
    if (base === undefined) continue;
    const [, native = '', argument = ''] = /@db\.(\w+)(?:\((\d*)\))?/.exec(attributes) ?? [];
    const type = nativeTypes[native]?.(argument) ?? base;
    const column = /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? name;
    columnOf.set(name, column);
    table.columns.set(column, { type: suffix === '[]' ? `${type}[]` : type, isNullable: suffix === '?' });
    if (/@id\b/.test(attributes)) table.keys.add(`primary ${column}`);
    if (/@unique\b/.test(attributes)) table.keys.add(`unique ${column}`);
  }
  for (const [, kind = '', fields = ''] of body.matchAll(/@@(id|unique)\(\[([^\]]*)\]/g)) {
    const columns = fields.split(',').map((field) => columnOf.get(field.trim()) ?? field.trim());
    table.keys.add(`${kind === 'id' ? 'primary' : 'unique'} ${columns.join(', ')}`);
  }
  return table;
}

const selectColumns = `
  select class.relname as "table", attribute.attname as "column", not attribute.attnotnull as "isNullable",
    format_type(attribute.atttypid, attribute.atttypmod) as type
  from pg_class as class
  join pg_attribute as attribute on attribute.attrelid = class.oid
  where class.relnamespace = $1::regnamespace and class.relkind in ('r', 'p', 'v')
    and attribute.attnum > 0 and not attribute.attisdropped`;

/** Unique indexes without a condition, their columns in order. */
const selectKeys = `
  select class.relname as "table", index.indisprimary as "isPrimary",
    string_agg(attribute.attname, ', ' order by key.position) as columns
  from pg_index as index
  join pg_class as class on class.oid = index.indrelid
  cross join unnest(index.indkey) with ordinality as key (attnum, position)
  join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum = key.attnum
  where class.relnamespace = $1::regnamespace and index.indisunique and index.indpred is null
  group by class.relname, index.indexrelid, index.indisprimary`;

async function readTables(url: string, schema: string): Promise<Map<string, Table>> {
  const client = new pg.Client({ connectionString: url, application_name: 'outlay-testkit' });
  await client.connect();
  try {
    const tables = new Map<string, Table>();
    const columns = await client.query<Column & { table: string; column: string }>(selectColumns, [schema]);
    for (const { table, column, ...rest } of columns.rows) {
      const entry: Table = tables.get(table) ?? { columns: new Map(), keys: new Set() };
      entry.columns.set(column, rest);
      tables.set(table, entry);
    }
    const keys = await client.query<{ table: string; isPrimary: boolean; columns: string }>(selectKeys, [schema]);
    for (const key of keys.rows) {
      tables.get(key.table)?.keys.add(`${key.isPrimary ? 'primary' : 'unique'} ${key.columns}`);
    }
    return tables;
  } finally {
    await client.end();
  }
}
