import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { instant, pageOf, present, renderInstant, renderOptionalInstant, uuid } from './common.ts';

const format = z
  .strictObject({
    encoding: z.string(),
    delimiter: z.string(),
    date_format: z.string(),
    header_line: z.int(),
    columns: z.record(z.string(), z.string()).meta({ description: 'Field of the expense by column header.' }),
  })
  .meta({ id: 'ImportFormat', description: 'What was recognised of the file.' });

export const importSchema = z
  .strictObject({
    id: uuid,
    status: z.enum(['processing', 'completed', 'failed']),
    file_name: z.string().nullable(),
    rows_total: z.int().meta({ description: 'Data rows in the file; 0 until they are counted.' }),
    rows_done: z.int(),
    imported: z.int(),
    duplicates: z.int(),
    refused: z.int(),
    failure: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .meta({ description: 'Why the import as a whole failed.' }),
    format: format.nullable(),
    created_at: instant,
    finished_at: instant.nullable(),
  })
  .meta({ id: 'Import', description: 'A file of expenses on its way into the books.' });

export const importPage = pageOf('ImportPage', importSchema);

export const importFates = ['imported', 'duplicate', 'refused'] as const;

const importRow = z
  .strictObject({
    line: z.int().meta({ description: 'Line of the file, from 1.' }),
    fate: z.enum(importFates),
    column: z.string().nullable().meta({ description: 'Header of the column at fault; null: the row as a whole.' }),
    code: z.string().nullable(),
    reason: z.string().nullable(),
    expense_id: uuid.nullable().meta({ description: 'The expense made of the row, or the one it repeats.' }),
  })
  .meta({ id: 'ImportRow', description: 'What became of one row.' });

export const importRowPage = pageOf('ImportRowPage', importRow);

export const importExample: z.input<typeof importSchema> = {
  id: '0197a3c0-8888-7000-8000-000000000001',
  status: 'completed',
  file_name: 'purchase-card-transactions-201701.csv',
  rows_total: 5227,
  rows_done: 5227,
  imported: 5224,
  duplicates: 0,
  refused: 3,
  failure: null,
  format: {
    encoding: 'windows-1252',
    delimiter: ';',
    date_format: 'DD/MM/YY',
    header_line: 1,
    columns: { 'TRANS DATE': 'expense_date', 'MERCHANT NAME': 'vendor' },
  },
  created_at: '2025-02-01T07:00:00.000Z',
  finished_at: '2025-02-01T07:00:04.000Z',
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
    imported: found.imported,
    duplicates: found.duplicates,
    refused: found.refused,
    failure: found.failureCode ? { code: found.failureCode, message: found.failureMessage } : null,
    format: found.format ? renderFormat(found.format) : null,
    created_at: renderInstant(found.createdAt),
    finished_at: renderOptionalInstant(found.finishedAt),
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
    encoding: recognised.encoding,
    delimiter: recognised.delimiter,
    date_format: recognised.dateFormat,
    header_line: recognised.headerLine,
    columns: recognised.columns,
  };
}
