import fc from 'fast-check';
import type { ApiDocument, Schema } from './api-document.ts';
import { placeholder } from './subject.ts';

/** Values that fit a schema. What is named like an id mostly names something; what has examples is mostly one of them. */
export function valuesOf(schema: Schema, document: ApiDocument, name = '', example?: unknown): fc.Arbitrary<unknown> {
  const full = document.resolve<Schema>(schema);
  const examples = [example, ...(full.examples ?? [])].filter((value) => value !== undefined);
  const made = madeOf(full, document, name, example);
  // Objects pass their examples on to their fields, no id of the documentation exists, and a subdomain can be taken once.
  if (examples.length === 0 || full.type === 'object' || isId(full) || name === 'subdomain') return made;
  return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...examples) }, { weight: 2, arbitrary: made });
}

function madeOf(schema: Schema, document: ApiDocument, name: string, example: unknown): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined)
    return fc.oneof(...schema.anyOf.map((option) => valuesOf(option, document, name, example ?? undefined)));
  switch (schema.type) {
    case 'string':
      return stringsOf(schema, name);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, document, name), { maxLength: Math.min(schema.maxItems ?? 5, 5) });
    case 'object':
      return objectsOf(schema, document, example);
    default:
      throw new Error(`No values are made for a schema of type ${schema.type} (${name})`);
  }
}

function objectsOf(schema: Schema, document: ApiDocument, example: unknown): fc.Arbitrary<object> {
  const examples = (example ?? {}) as Record<string, unknown>;
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, valuesOf(field, document, name, examples[name])] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
}

function stringsOf(schema: Schema, name: string): fc.Arbitrary<string> {
  if (name === 'cursor') return fc.nat(3).map((index) => placeholder('cursor', index));
  const known = fields[name];
  const free = freeStringsOf(schema, name);
  return known === undefined
    ? free
    : fc.oneof({ weight: 2, arbitrary: fc.constant(known) }, { weight: 1, arbitrary: free });
}

/** Fields that a random text never fits. */
const fields: Record<string, string> = {
  email: placeholder('email'),
  password: placeholder('password'),
  refresh_token: placeholder('refreshToken'),
};

function freeStringsOf(schema: Schema, name: string): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return idsOf(name);
  if (schema.format === 'email') return fc.uuid().map((id) => `${id}@fuzz.example`);
  if (schema.format === 'date')
    return fc
      .date({ min: new Date('1970-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
  if (schema.pattern !== undefined)
    return fc.stringMatching(new RegExp(schema.pattern), { maxLength: schema.maxLength });
  const minLength = schema.minLength ?? 0;
  const maxLength = Math.min(schema.maxLength ?? 200, 5_000);
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'grapheme-composite', minLength, maxLength: Math.min(maxLength, 40) }) },
    { weight: 1, arbitrary: fc.constantFrom('x'.repeat(maxLength), 'é'.repeat(maxLength), 'x'.repeat(minLength)) },
  );
}

function idsOf(name: string): fc.Arbitrary<string> {
  const kind = name.replace(/_id$/, '');
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.nat(3).map((index) => placeholder(kind, ['user', 'tenant'].includes(kind) ? 0 : index)),
    },
    { weight: 1, arbitrary: fc.uuid() },
  );
}

function isId(schema: Schema): boolean {
  return schema.format === 'uuid' || (schema.anyOf?.some((option) => option.format === 'uuid') ?? false);
}
