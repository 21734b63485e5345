import {
  type ImportField,
  importAmounts,
  importCredits,
  importEncodings,
  importFields,
  importFileKinds,
  type ledger,
} from '@outlay/contracts';
import { z } from 'zod';
import { currency, instant, name, pageOf, present, renderInstant, text, uuid, version } from './common.ts';

const defaults = z
  .strictObject({
    currency: currency.optional(),
    account: name(200).optional(),
    category: name(200).optional(),
    project: name(200).optional(),
  })
  .meta({ id: 'ImportDefaults', description: 'What rows are taken to say that do not say it; names, as in a file.' });

/** How a file is to be read; what is left out is recognised. */
export const importMappingRules = z
  .strictObject({
    kind: z.enum(importFileKinds).optional().meta({
      description: 'What the file must be. With `csv` our own export is read as any other table.',
    }),
    columns: z
      .record(text(200), z.enum(importFields).nullable())
      .optional()
      .meta({
        description:
          'Field of the expense by column header, as it stands in the file. `null` leaves a column out, so that nothing is ' +
          'made of it, and of account, category and project no other column takes its place; columns that are not named here are ' +
          'recognised. A header that comes again is called by its number, ' +
          'such as `Amount (2)`.',
      }),
    delimiter: z
      .string()
      .max(1)
      .regex(/^[^\w\s"'.\n\r\0-]?$|^[\t ]$/, 'must be one character, such as ; or a tab')
      .optional()
      .meta({ description: 'Empty, as in the `format` of a statement: as if it were left out.', examples: [';'] }),
    encoding: z.enum(importEncodings).optional(),
    header_line: z
      .int()
      .min(0)
      .max(1_000)
      .optional()
      .meta({
        description:
          'Line of the header, from 1, in the first 256 kB of the file; 0, as in the `format` of a statement: as if it were left ' +
          'out. Left out, it is looked for in the first 60 rows.',
      }),
    date_format: z
      .string()
      .regex(
        /^(day number|(D{1,2}|M{1,4}|YY|YYYY)[-/. ]?(D{1,2}|M{1,4})[-/. ]?(D{1,2}|M{1,4}|YY|YYYY))?$/,
        'must be such as DD/MM/YYYY or YYYY-MM-DD',
      )
      .optional()
      .meta({
        description: 'Such as `DD/MM/YYYY`: in which order day, month and year stand. Empty: as if it were left out.',
        examples: ['DD/MM/YYYY'],
      }),
    decimal_mark: z.enum(['.', ',']).optional(),
    amounts: z
      .enum(importAmounts)
      .optional()
      .meta({ description: 'Which sign money spent has in columns that are neither debit nor credit.' }),
    credits: z
      .enum(importCredits)
      .optional()
      .meta({
        description:
          'What becomes of money that came in: a refund, or nothing, as it is no spending. Left out: nothing in the ' +
          'statement of an account, a refund in a file of purchases.',
      }),
    defaults: defaults.optional(),
  })
  .meta({ id: 'ImportMappingRules', description: 'How a file is to be read. What is left out is recognised.' });

export type ImportMappingRules = z.output<typeof importMappingRules>;

export const importMappingSchema = z
  .strictObject({
    id: uuid,
    name: z.string(),
    mapping: importMappingRules,
    version,
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'ImportMapping', description: 'How to read files that come again and again.' });

export const importMappingPage = pageOf('ImportMappingPage', importMappingSchema);

const mappingName = name(200).meta({ description: 'Unique among the mappings of the tenant.' });

export const importMappingBody = z.strictObject({ name: mappingName, mapping: importMappingRules });

export const importMappingChanges = z
  .strictObject({ name: mappingName.optional(), mapping: importMappingRules.optional() })
  .meta({ description: 'What is left out stays; `mapping` is replaced as a whole.' });

export const mappingRulesExample = {
  columns: { 'TRANS DATE': 'expense_date', 'TRANS CAC DESC 2': null },
  date_format: 'DD/MM/YY',
  defaults: { account: 'Purchase cards' },
} as const satisfies z.input<typeof importMappingRules>;

export const importMappingBodyExample = { name: 'Purchase cards', mapping: mappingRulesExample };

export const importMappingExample: z.input<typeof importMappingSchema> = {
  id: '0197a3c0-9999-7000-8000-000000000001',
  ...importMappingBodyExample,
  version: 1,
  created_at: '2025-02-01T07:00:00.000Z',
  updated_at: '2025-02-01T07:00:00.000Z',
};

/** In the words of the contracts, where empty text and 0 stand for what is left out. */
export const toMappingRules = (given: ImportMappingRules): ledger.ImportMappingRules => ({
  kind: given.kind ?? '',
  columns: Object.fromEntries(Object.entries(given.columns ?? {}).map(([header, field]) => [header, field ?? ''])),
  delimiter: given.delimiter ?? '',
  encoding: given.encoding ?? '',
  headerLine: given.header_line ?? 0,
  dateFormat: given.date_format ?? '',
  decimalMark: given.decimal_mark ?? '',
  amounts: given.amounts ?? '',
  credits: given.credits ?? '',
  defaults: given.defaults && {
    currency: given.defaults.currency ?? '',
    account: given.defaults.account ?? '',
    category: given.defaults.category ?? '',
    project: given.defaults.project ?? '',
  },
});

export const renderColumns = (columns: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(columns).map(([header, field]) => [header, (field || null) as ImportField | null]));

export function renderDefaults(given: ledger.ImportDefaults | undefined): z.input<typeof defaults> {
  const said = Object.entries(given ?? {}).filter(([, value]) => value !== '');
  return Object.fromEntries(said);
}

export function renderImportMapping(given: ledger.ImportMapping | undefined): z.input<typeof importMappingSchema> {
  const saved = present(given, 'a mapping');
  return {
    id: saved.id,
    name: saved.name,
    mapping: renderRules(present(saved.rules, 'what a mapping says')),
    version: Number(saved.version),
    created_at: renderInstant(saved.createdAt),
    updated_at: renderInstant(saved.updatedAt),
  };
}

function renderRules(rules: ledger.ImportMappingRules): z.input<typeof importMappingRules> {
  const columns = renderColumns(rules.columns);
  const defaultsSaid = renderDefaults(rules.defaults);
  const said = {
    kind: rules.kind,
    delimiter: rules.delimiter,
    encoding: rules.encoding,
    date_format: rules.dateFormat,
    decimal_mark: rules.decimalMark,
    amounts: rules.amounts,
    credits: rules.credits,
  };
  return {
    ...(Object.keys(columns).length > 0 && { columns }),
    ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== '')),
    ...(rules.headerLine > 0 && { header_line: rules.headerLine }),
    ...(Object.keys(defaultsSaid).length > 0 && { defaults: defaultsSaid }),
  };
}
