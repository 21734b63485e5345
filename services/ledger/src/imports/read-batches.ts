import { countOrdinals } from './file/count-ordinals.ts';
import { decodeText } from './file/decode-text.ts';
import type { FileFormat } from './file/file-format.ts';
import { fingerprintOf } from './file/fingerprint.ts';
import { type Purchase, rowParser } from './file/parse-row.ts';
import { readRows } from './file/read-rows.ts';
import type { OpenFile } from './file/recognise-file.ts';
import type { RowFault } from './file/row-fault.ts';
import type { IdentifiedRow } from './row-store.ts';

/** Consecutive rows of a file. */
export interface Batch {
  /** Rows of the file before it. */
  start: number;
  refused: { line: number; fault: RowFault }[];
  purchases: (IdentifiedRow & { purchase: Purchase })[];
}

/** How a file is read: the same values give the same batches, whoever reads it and however often. */
export interface Reading {
  format: FileFormat;
  tenantCurrency: string;
  /** Bounds what counts as a date too far ahead. */
  today: string;
  batchSize: number;
}

/** Reads on while the batch before is being booked; at most one batch is read ahead. */
export async function* readAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = source.next();
      // Thrown where it is awaited; whoever stops early does not care.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await source.return(undefined);
  }
}

/**
 * The batches of a file from a row on. It is read from its beginning all the same, as a row's ordinal depends on the
 * equal ones before it; reading is fast beside booking, and what the rows mean never depends on what was booked.
 */
export async function* readBatches(open: OpenFile, reading: Reading, rowsDone: number): AsyncGenerator<Batch> {
  const { format, batchSize } = reading;
  const parse = rowParser(format, reading);
  const ordinalOf = countOrdinals();
  let position = 0;
  let batch: Batch = { start: rowsDone, refused: [], purchases: [] };
  for await (const { line, cells } of readRows(decodeText(open(), format.encoding), format)) {
    if (line <= format.headerLine) continue;
    const parsed = parse(cells);
    const row = 'fault' in parsed ? undefined : identify(line, parsed.purchase, ordinalOf);
    if (position++ < rowsDone) continue;
    if (row) batch.purchases.push(row);
    else if ('fault' in parsed) batch.refused.push({ line, fault: parsed.fault });
    if (position - batch.start < batchSize) continue;
    yield batch;
    batch = { start: position, refused: [], purchases: [] };
  }
  if (position > batch.start) yield batch;
}

function identify(line: number, purchase: Purchase, ordinalOf: ReturnType<typeof countOrdinals>) {
  const fingerprint = fingerprintOf(purchase);
  return { line, fingerprint, ordinal: ordinalOf(fingerprint), purchase };
}
