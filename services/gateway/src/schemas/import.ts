import { importAmounts, importCredits, importFields, importFileKinds, type ledger } from '@outlay/contracts';
import { formatAmount } from '@outlay/platform';
import { z } from 'zod';
import {
  currency,
  instant,
  pageOf,
  present,
  renderedAmount,
  renderInstant,
  renderOptionalInstant,
  uuid,
} from './common.ts';
import { importMappingRules, renderColumns, renderDefaults } from './import-mapping.ts';

const format = z
  .strictObject({
    kind: z.enum(importFileKinds).meta({
      description: 'A table; our own export of expenses; or the statement of a bank.',
    }),
    encoding: z.string(),
    delimiter: z.string(),
    date_format: z.string(),
    header_line: z.int(),
    decimal_mark: z.string(),
    amounts: z.enum(importAmounts),
    credits: z.enum(importCredits),
    defaults: importMappingRules.shape.defaults.unwrap(),
    columns: z
      .record(z.string(), z.enum(importFields).nullable())
      .meta({ description: 'Field of the expense by column header; null: not understood, or left out.' }),
  })
  .meta({
    id: 'ImportFormat',
    description: 'How the file was read, in the words of a mapping: correct what is wrong, and give it back as one.',
  });

const names = z
  .strictObject({ count: z.int(), names: z.array(z.string()).meta({ description: 'The first 50 of them.' }) })
  .meta({ id: 'ImportNames' });

const warning = z
  .strictObject({
    code: z.string().meta({
      description:
        'For programs: `account_renamed`, `category_renamed`, `column_ignored` (columns with text that say nothing), ' +
        '`column_repeated`, `credits_booked` (money that came in, taken as refunds), `credits_skipped`, ' +
        '`date_order_assumed` (day and month could be either), `decimals_assumed` ' +
        '(`1,234` could be either), `file_known` (the same bytes came before), `money_ignored` (columns of money that is ' +
        'not booked), `quote_unclosed` (rows with a quote that is opened and not closed, taken as text), `rows_missing` ' +
        '(there is nothing below the header, or no booking in the statement), `sign_assumed`, `title_missing` (rows that say nothing of what was ' +
        'bought), `totals_booked` (rows that may be sums of others or balances, taken as purchases), `word_unknown` (of a ' +
        'status or a direction). Newer versions may add others.',
    }),
    message: z.string().meta({ description: 'For people: what was done, and the mapping that has it otherwise.' }),
    column: z.string().nullable().meta({ description: 'Header of the column that is meant.' }),
    rows: z.int().nullable().meta({ description: 'How many rows it is about; null: not of single rows.' }),
  })
  .meta({
    id: 'ImportWarning',
    description: 'What was taken in a way that may not be meant.',
    examples: [
      {
        code: 'credits_skipped',
        message:
          '2 rows of money that came in are skipped, as income: the file is the statement of an account. To have such rows ' +
          'booked as refunds, send the mapping {"credits": "refund"}.',
        column: null,
        rows: 2,
      },
    ],
  });

const limitBreach = z.strictObject({
  metric: z.string(),
  project: z.string().nullable().meta({
    description: 'Name of the project that is meant, of `expenses_per_project`; null: the tenant as a whole.',
  }),
  limit: z.int(),
  used: z.int(),
  wanted: z.int(),
});

const preview = z
  .strictObject({
    currency: currency,
    spent: renderedAmount,
    refunded: renderedAmount,
    first_date: z.iso.date().nullable(),
    last_date: z.iso.date().nullable(),
    new_accounts: names,
    new_categories: names,
    new_projects: names,
    limits: z.array(limitBreach).meta({
      description:
        'Hard limits of the plan that booking the file would break: it would be refused as a whole. Of projects that would get too many expenses, the fifty that lack most places.',
    }),
    warnings: z.array(warning),
  })
  .meta({ id: 'ImportPreview', description: "What booking the file would come to, in the tenant's currency." });

export const importSchema = z
  .strictObject({
    id: uuid,
    status: z.enum(['processing', 'previewed', 'expired', 'completed', 'failed', 'undoing', 'undone']),
    dry_run: z.boolean().meta({ description: 'Whether its rows are only looked at, so far.' }),
    file_name: z.string().nullable(),
    rows_total: z.int().meta({ description: 'Data rows in the file; 0 until they are counted.' }),
    rows_done: z.int(),
    new: z.int().meta({ description: 'Rows that would be imported, while they are looked at.' }),
    imported: z.int(),
    duplicates: z.int(),
    skipped: z.int().meta({ description: 'Rows that are no spending.' }),
    refused: z.int(),
    preview: preview.nullable().meta({ description: 'Of a dry run, once all rows were looked at.' }),
    failure: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .meta({
        description:
          'Why the import as a whole failed: `file_unreadable`, `too_many_rows` (more than 2,000,000), `plan_limit_reached`, ' +
          '`rows_unbookable`, `import_interrupted`, `preview_outdated` (the currency changed after the commit), `account_taken` ' +
          '(somebody else has just made an account of that name), or the code that booking a row was refused with.',
      }),
    format: format.nullable(),
    exceeded_limits: z.array(limitBreach).meta({
      description:
        'Soft limits of the plan that it exceeded when it was booked or, of a dry run, that booking it would exceed: nothing is ' +
        'refused for that. `wanted` is what the file adds, `used` what there was without it. Of projects the fifty that are above by most.',
    }),
    mapping_id: uuid.nullable(),
    undo: z
      .strictObject({
        reversed: z.int(),
        already_reversed: z.int().meta({ description: 'Expenses that had been reversed before; known at the end.' }),
        references_removed: z.int().meta({
          description: 'Categories, projects and accounts that it had made and nothing else uses, archived.',
        }),
        left_out: z.int().meta({
          description: 'Expenses that stay, as the journal says otherwise; the audit trail names them.',
        }),
        finished_at: instant.nullable(),
      })
      .nullable()
      .meta({ description: 'How far what it booked is taken back; null where it is not.' }),
    created_at: instant,
    finished_at: instant.nullable(),
    expires_at: instant.nullable().meta({
      description: 'Until when a preview can be committed; of one that has failed, until when its rows can be read.',
    }),
  })
  .meta({ id: 'Import', description: 'A file of expenses on its way into the books.' });

export const importPage = pageOf('ImportPage', importSchema);

export const importFates = ['new', 'imported', 'duplicate', 'skipped', 'refused'] as const;

const importRow = z
  .strictObject({
    line: z.int().meta({ description: 'Line of the file, from 1; of a statement, the number of the booking.' }),
    fate: z.enum(importFates),
    column: z.string().nullable().meta({ description: 'Header of the column at fault; null: the row as a whole.' }),
    code: z.string().nullable(),
    reason: z.string().nullable(),
    expense_id: uuid.nullable().meta({
      description:
        'The expense made of the row, or the one it repeats; null also of a duplicate of another row of the file whose ' +
        'expense was not known yet.',
    }),
  })
  .meta({ id: 'ImportRow', description: 'What became of one row.' });

export const importRowPage = pageOf('ImportRowPage', importRow);

export const importExample: z.input<typeof importSchema> = {
  id: '0197a3c0-8888-7000-8000-000000000001',
  status: 'completed',
  file_name: 'purchase-card-transactions-201701.csv',
  rows_total: 5227,
  rows_done: 5227,
  new: 0,
  imported: 5224,
  duplicates: 0,
  skipped: 0,
  refused: 3,
  dry_run: false,
  preview: null,
  failure: null,
  format: {
    kind: 'csv',
    encoding: 'windows-1252',
    delimiter: ';',
    date_format: 'DD/MM/YY',
    header_line: 1,
    decimal_mark: '.',
    amounts: 'spent_positive',
    credits: 'refund',
    defaults: {},
    columns: { 'TRANS DATE': 'expense_date', 'MERCHANT NAME': 'vendor', 'TRANS CAC CODE 3': null },
  },
  exceeded_limits: [{ metric: 'expenses_per_project', project: 'Fleet', limit: 100, used: 82, wanted: 31 }],
  mapping_id: null,
  undo: null,
  created_at: '2025-02-01T07:00:00.000Z',
  finished_at: '2025-02-01T07:00:04.000Z',
  expires_at: null,
};

export const previewExample: z.input<typeof importSchema> = {
  ...importExample,
  status: 'previewed',
  dry_run: true,
  new: 5224,
  imported: 0,
  exceeded_limits: [],
  preview: {
    currency: 'GBP',
    spent: '1120634.17',
    refunded: '20311.40',
    first_date: '2016-12-30',
    last_date: '2017-01-31',
    new_accounts: { count: 812, names: ['************1147', '************5770'] },
    new_categories: { count: 64, names: ['Vehicle Fuel'] },
    new_projects: { count: 530, names: ['African-Caribbean DC'] },
    limits: [],
    warnings: [],
  },
  finished_at: null,
  expires_at: '2025-02-02T07:00:04.000Z',
};

export const importRowExample: z.input<typeof importRow> = {
  line: 17,
  fate: 'refused',
  column: 'ORIGINAL GROSS AMT',
  code: 'amount_invalid',
  reason: 'is not an amount',
  expense_id: null,
};

export function renderImport(given: ledger.Import | undefined): z.input<typeof importSchema> {
  const found = present(given, 'an import');
  return {
    id: found.id,
    status: found.status as z.output<typeof importSchema>['status'],
    file_name: found.fileName || null,
    rows_total: found.rowsTotal,
    rows_done: found.rowsDone,
    dry_run: found.dryRun,
    new: found.fresh,
    imported: found.imported,
    duplicates: found.duplicates,
    skipped: found.skipped,
    refused: found.refused,
    preview: found.preview ? renderPreview(found.preview) : null,
    failure: found.failureCode ? { code: found.failureCode, message: found.failureMessage } : null,
    format: found.format ? renderFormat(found.format) : null,
    exceeded_limits: found.exceededLimits.map(renderBreach),
    mapping_id: found.mappingId || null,
    undo: ['undoing', 'undone'].includes(found.status)
      ? {
          reversed: found.reversed,
          already_reversed: found.alreadyReversed,
          references_removed: found.referencesRemoved,
          left_out: found.leftOut,
          finished_at: renderOptionalInstant(found.undoneAt),
        }
      : null,
    created_at: renderInstant(found.createdAt),
    finished_at: renderOptionalInstant(found.finishedAt),
    expires_at: renderOptionalInstant(found.expiresAt),
  };
}

const renderBreach = ({ metric, project, limit, used, wanted }: ledger.ImportLimitBreach) => ({
  ...{ metric, project: project || null },
  ...{ limit: Number(limit), used: Number(used), wanted: Number(wanted) },
});

function renderPreview(given: ledger.ImportPreview): z.input<typeof preview> {
  const spent = present(given.spent, 'a sum');
  const refunded = present(given.refunded, 'a sum');
  const namesOf = (made: ledger.ImportNames | undefined) => ({ count: made?.count ?? 0, names: made?.names ?? [] });
  return {
    currency: spent.currency,
    spent: formatAmount(spent.amountMinor, spent.currency),
    refunded: formatAmount(refunded.amountMinor, refunded.currency),
    first_date: given.firstDate || null,
    last_date: given.lastDate || null,
    new_accounts: namesOf(given.newAccounts),
    new_categories: namesOf(given.newCategories),
    new_projects: namesOf(given.newProjects),
    limits: given.limits.map(renderBreach),
    warnings: given.warnings.map(({ code, message, column, rows }) => ({
      ...{ code, message, column: column || null, rows: rows || null },
    })),
  };
}

export function renderImportRow(row: ledger.ImportRow): z.input<typeof importRow> {
  return {
    line: row.line,
    fate: row.fate as (typeof importFates)[number],
    column: row.column || null,
    code: row.code || null,
    reason: row.reason || null,
    expense_id: row.expenseId || null,
  };
}

function renderFormat(recognised: ledger.ImportFormat): z.input<typeof format> {
  return {
    kind: recognised.kind as z.output<typeof format>['kind'],
    encoding: recognised.encoding,
    delimiter: recognised.delimiter,
    date_format: recognised.dateFormat,
    header_line: recognised.headerLine,
    decimal_mark: recognised.decimalMark,
    amounts: recognised.amounts as z.output<typeof format>['amounts'],
    credits: recognised.credits as z.output<typeof format>['credits'],
    defaults: renderDefaults(recognised.defaults),
    columns: renderColumns(recognised.columns),
  };
}
