import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { commentOf } from './descriptors.ts';

export type JsonSchema = Record<string, unknown>;

const wellKnown: Readonly<Record<string, JsonSchema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.FieldMask': { type: 'string' },
};

const integer64: JsonSchema = { type: 'string', pattern: '^-?[0-9]{1,19}$' };

/**
 * JSON Schema of a message in its ProtoJSON form: lowerCamelCase names, 64-bit integers as strings, defaults left out.
 * Messages that it refers to are put into `definitions` under their full name.
 */
export const messageSchema = (message: DescMessage, definitions: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  ...described(message),
  properties: Object.fromEntries(
    message.fields.map((field) => [field.jsonName, { ...fieldSchema(field, definitions), ...described(field) }]),
  ),
});

const described = (subject: DescMessage | DescField): JsonSchema => {
  const description = commentOf(subject);
  return description ? { description } : {};
};

const fieldSchema = (field: DescField, definitions: Record<string, JsonSchema>): JsonSchema => {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarSchema(field.scalar);
    case 'enum':
      return { type: 'string', enum: field.enum.values.map((value) => value.name) };
    case 'message':
      return referenceTo(field.message, definitions);
    case 'list':
      return { type: 'array', items: listItemSchema(field, definitions) };
    case 'map':
      return {
        type: 'object',
        additionalProperties:
          field.mapKind === 'message'
            ? referenceTo(field.message, definitions)
            : field.mapKind === 'scalar'
              ? scalarSchema(field.scalar)
              : { type: 'string' },
      };
  }
};

const listItemSchema = (
  field: DescField & { fieldKind: 'list' },
  definitions: Record<string, JsonSchema>,
): JsonSchema => {
  switch (field.listKind) {
    case 'scalar':
      return scalarSchema(field.scalar);
    case 'message':
      return referenceTo(field.message, definitions);
    case 'enum':
      return { type: 'string', enum: field.enum.values.map((value) => value.name) };
  }
};

const referenceTo = (message: DescMessage, definitions: Record<string, JsonSchema>): JsonSchema => {
  const known = wellKnown[message.typeName];
  if (known) return known;
  if (!(message.typeName in definitions)) {
    definitions[message.typeName] = {};
    definitions[message.typeName] = messageSchema(message, definitions);
  }
  return { $ref: `#/components/schemas/${message.typeName}` };
};

const scalarSchema = (scalar: ScalarType): JsonSchema => {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer' };
    default:
      return integer64;
  }
};
