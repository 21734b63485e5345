import fc from 'fast-check';
import type { ApiDocument, Schema } from './api-document.ts';
import { placeholder } from './operation-needs.ts';

/** What else is known of a value than its schema. */
interface About {
  name?: string;
  example?: unknown;
  /** What a field of this name stands for, whatever its schema; undefined where the schema says enough. */
  meaning?: (name: string) => string | undefined;
}

/** Values that fit a schema. What is named like an id mostly names something; what has examples is mostly one of them. */
export function valuesOf(schema: Schema, document: ApiDocument, about: About = {}): fc.Arbitrary<unknown> {
  const { name = '', example, meaning } = about;
  const full = document.resolve<Schema>(schema);
  const examples = [example, ...(full.examples ?? [])].filter((value) => value !== undefined);
  const made = madeOf(full, document, about);
  const meant = meaning?.(name);
  if (meant !== undefined) {
    const others = examples.length === 0 ? made : fc.oneof(fc.constantFrom(...examples), made);
    return fc.oneof({ weight: 4, arbitrary: fc.constant(meant) }, { weight: 1, arbitrary: others });
  }
  // Objects pass their examples on to their fields, no id of the documentation exists, and much can be taken once.
  if (examples.length === 0 || full.type === 'object' || isId(full) || once.has(name)) return made;
  return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...examples) }, { weight: 2, arbitrary: made });
}

/** What can be taken by one alone; a day by one rate. */
const once = new Set(['subdomain', 'email', 'owner_email', 'date']);

function madeOf(schema: Schema, document: ApiDocument, about: About): fc.Arbitrary<unknown> {
  const { name = '', example } = about;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined)
    return fc.oneof(
      ...schema.anyOf.map((option) => valuesOf(option, document, { ...about, example: example ?? undefined })),
    );
  switch (schema.type) {
    case 'string':
      return name === 'cursor' ? fc.nat(3).map((index) => placeholder('cursor', index)) : freeStringsOf(schema, name);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, document, { name }), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case 'object':
      return objectsOf(schema, document, about);
    default:
      throw new Error(`No values are made for a schema of type ${schema.type} (${name})`);
  }
}

function objectsOf(schema: Schema, document: ApiDocument, { example, meaning }: About): fc.Arbitrary<object> {
  const examples = (example ?? {}) as Record<string, unknown>;
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, valuesOf(field, document, { name, example: examples[name], meaning })] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
}

function freeStringsOf(schema: Schema, name: string): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return idsOf(name);
  if (schema.format === 'email') return fc.uuid().map((id) => `${id}@fuzz.example`);
  if (schema.format === 'date')
    return fc
      .date({ min: new Date('1970-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
  if (schema.format === 'date-time')
    return (
      fc
        // What ends must end in the future.
        .date({
          min: new Date(name === 'expires_at' ? '2040-01-01' : '1990-01-01'),
          max: new Date('2099-12-31'),
          noInvalidDate: true,
        })
        .map((date) => date.toISOString())
    );
  if (schema.pattern !== undefined) {
    const matching = fc.stringMatching(new RegExp(schema.pattern), { maxLength: schema.maxLength });
    if (!name.endsWith('currency')) return matching;
    // Few of all that look like one are one.
    return fc.oneof({ weight: 3, arbitrary: fc.constantFrom('EUR', 'USD', 'JPY') }, { weight: 1, arbitrary: matching });
  }
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
