import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Turns zod schemas into JSON Schema; what has a name is written once, among the components, and referred to. */
export interface SchemaCollector {
  /** `input`: what may be sent. `output`: what comes back, and what a query value is once it is parsed. */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

export function createSchemaCollector(): SchemaCollector {
  const components: Record<string, JsonSchema> = {};

  function add(name: string, schema: JsonSchema): void {
    const present = components[name];
    if (present && JSON.stringify(present) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas are named ${name}`);
    }
    components[name] = schema;
  }

  return {
    components,
    schemaOf(schema, io) {
      const generated = z.toJSONSchema(schema, { io, override: tidy });
      const text = JSON.stringify(generated).replaceAll('"#/$defs/', '"#/components/schemas/');
      const { $schema: _dialect, $defs, '~standard': _standard, ...root } = JSON.parse(text);
      for (const [name, definition] of Object.entries($defs ?? {})) {
        const { id: _id, ...rest } = definition as JsonSchema;
        add(name, rest);
      }
      const name = schema.meta()?.id;
      if (name === undefined || '$ref' in root) return root;
      const { id: _id, ...rest } = root;
      add(name, rest);
      return { $ref: `#/components/schemas/${name}` };
    },
  };
}

/** The patterns of formats, and the bounds of JavaScript's integers, say nothing to a reader. */
function tidy({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  // A date that is narrowed further loses its name to the pattern that stands for it.
  if (zodSchema instanceof z.ZodISODate) {
    jsonSchema.format = 'date';
    delete jsonSchema.allOf;
  }
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}
