import type { ImportMapping } from '../src/imports/file/mapping.ts';
import { openRows } from '../src/imports/file/open-rows.ts';
import { type ParsedRow, rowParser } from '../src/imports/file/parse-row.ts';
import { recogniseFile } from '../src/imports/file/recognise-file.ts';
import { recogniseHead } from '../src/imports/file/recognise-head.ts';

const today = '2025-06-15';

/** Reads a whole file of any kind as an import does, without a database. */
export async function readPurchases(text: string | Buffer, tenantCurrency: string, mapping: ImportMapping = {}) {
  const chunks = [Buffer.from(text)];
  const open = async function* () {
    yield* chunks;
  };
  const given = { today, currency: tenantCurrency, mapping };
  const { format } = await recogniseFile(open, recogniseHead(chunks, mapping), given);
  const parse = rowParser(format, { today, tenantCurrency });
  const rows: ({ line: number } & ParsedRow)[] = [];
  for await (const { line, cells } of openRows(open, format)) {
    if (line > format.headerLine) rows.push({ line, ...parse(cells) });
  }
  const purchases = rows.flatMap((row) => ('purchase' in row ? [row.purchase] : []));
  const skipped = rows.flatMap((row) => ('fault' in row && row.isSkipped ? [[row.line, row.fault.code] as const] : []));
  const refused = rows.flatMap((row) =>
    'fault' in row && !row.isSkipped ? [[row.line, row.fault.code] as const] : [],
  );
  const faults = rows.flatMap((row) => ('fault' in row ? [row.fault] : []));
  return { format, purchases, skipped, refused, faults };
}
