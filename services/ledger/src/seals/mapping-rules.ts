/** The fields of a mapping that are texts or numbers, by their names where it is stored and in audit entries. */
const plainFields = {
  kind: 'kind',
  delimiter: 'delimiter',
  encoding: 'encoding',
  header_line: 'headerLine',
  date_format: 'dateFormat',
  decimal_mark: 'decimalMark',
  amounts: 'amounts',
  credits: 'credits',
};
const defaultFields = ['currency', 'account', 'category', 'project'];

const differs = (stored: string, said: string): string =>
  `coalesce(shown.mapping #>> '{${stored}}', '') <> coalesce(last.state #>> '{rules,${said}}', '')`;

const listOf = (names: readonly string[]): string => `array[${names.map((name) => `'${name}'`).join(', ')}]`;

/** Whether a part of the mapping is an object with no more fields than these, or is not there where it need not be. */
const hasOnly = (part: string, names: readonly string[], isOptional: boolean): string =>
  `case when jsonb_typeof(${part}) = 'object' then ${part} - ${listOf(names)} = '{}'
          else ${isOptional ? `${part} is null` : 'false'} end`;

/** A column that is left out is stored as null and said to be of an empty field. */
const columns = `case when jsonb_typeof(shown.mapping -> 'columns') = 'object' then (
          select coalesce(jsonb_object_agg(header.key, case when header.value = 'null' then '""' else header.value end), '{}')
          from jsonb_each(shown.mapping -> 'columns') as header
        ) else coalesce(shown.mapping -> 'columns', '{}') end`;

/**
 * Whether the stored mapping of `shown` says otherwise how files are read than the state of `last` does, which is in the words of the
 * contracts (imports/mappings/mapping-rules.ts), or more than any mapping does. Whatever it has been made, this does not fail.
 */
export const isOtherRules = `(not (${hasOnly('shown.mapping', [...Object.keys(plainFields), 'columns', 'defaults'], false)})
      or not (${hasOnly("(shown.mapping -> 'defaults')", defaultFields, true)})
      or ${columns} <> coalesce(last.state #> '{rules,columns}', '{}')
      or ${Object.entries(plainFields)
        .map(([stored, said]) => differs(stored, said))
        .join('\n      or ')}
      or ${defaultFields.map((field) => differs(`defaults,${field}`, `defaults,${field}`)).join('\n      or ')})`;
