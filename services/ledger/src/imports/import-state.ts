import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { fileFormat } from './file/file-format.ts';

/** Columns of a row of imports, in the order and under the names that importState reads. */
export const importColumns = `imports.id, imports.user_id, imports.request_id, imports.status, imports.file_name,
  imports.encoding, imports.format, imports.rows_total, imports.imported, imports.duplicates, imports.refused,
  imports.attempts, imports.failure_code, imports.failure_message, imports.version, imports.created_at,
  imports.finished_at`;

/** A row of imports. */
export const importState = z
  .object({
    id: z.string(),
    user_id: z.string(),
    request_id: z.string(),
    status: z.enum(['processing', 'completed', 'failed']),
    file_name: z.string(),
    encoding: fileFormat.shape.encoding,
    format: fileFormat.nullable(),
    rows_total: z.int(),
    imported: z.int(),
    duplicates: z.int(),
    refused: z.int(),
    attempts: z.int(),
    failure_code: z.string(),
    failure_message: z.string(),
    version: z.bigint(),
    created_at: z.date(),
    finished_at: z.date().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    userId: row.user_id,
    requestId: row.request_id,
    status: row.status,
    fileName: row.file_name,
    encoding: row.encoding,
    format: row.format ?? undefined,
    rowsTotal: row.rows_total,
    rowsDone: row.imported + row.duplicates + row.refused,
    imported: row.imported,
    duplicates: row.duplicates,
    refused: row.refused,
    attempts: row.attempts,
    failureCode: row.failure_code,
    failureMessage: row.failure_message,
    version: row.version,
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
  }));

/** A file that is being taken in or was, and how far it has come. */
export type ImportState = z.output<typeof importState>;

/** The message of the contracts. */
export function toImportMessage(state: ImportState): ledger.Import {
  const { format } = state;
  return {
    id: state.id,
    status: state.status,
    fileName: state.fileName,
    rowsTotal: state.rowsTotal,
    rowsDone: state.rowsDone,
    imported: state.imported,
    duplicates: state.duplicates,
    refused: state.refused,
    failureCode: state.failureCode,
    failureMessage: state.failureMessage,
    createdAt: state.createdAt,
    finishedAt: state.finishedAt,
    format: format && {
      encoding: format.encoding,
      delimiter: format.delimiter,
      dateFormat: format.dates.text,
      headerLine: format.headerLine,
      columns: Object.fromEntries(format.columns.map((column) => [column.header, column.field])),
    },
  };
}
