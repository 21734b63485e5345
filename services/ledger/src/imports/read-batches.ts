import type { IdentifiedRow, PurchaseKey } from './claim-purchases.ts';
import { type ClaimSpace, isPersonal, ownKey } from './claim-spaces.ts';
import type { EarlierReading } from './earlier-readings.ts';
import { type CountOrdinal, countOrdinals } from './file/count-ordinals.ts';
import type { FileFormat } from './file/file-format.ts';
import { fingerprintOf, sourceKeyOf } from './file/fingerprint.ts';
import { type OpenFile, openRows } from './file/open-rows.ts';
import { type Purchase, rowParser } from './file/parse-row.ts';
import type { RowFault } from './file/row-fault.ts';
import { toVisiblePurchase } from './visible-purchase.ts';

/** Consecutive rows of a file. */
export interface Batch {
  /** Rows of the file before it. */
  start: number;
  rowCount: number;
  refused: { line: number; fault: RowFault }[];
  /** Rows that are no spending. */
  skipped: { line: number; fault: RowFault }[];
  purchases: IdentifiedRow[];
}

/** How a file is read: the same values give the same batches, whoever reads it and however often. */
export interface Reading {
  format: FileFormat;
  tenantCurrency: string;
  /** Bounds what counts as a date too far ahead. */
  today: string;
  batchSize: number;
  claims: ClaimSpace;
  /** How the same bytes were read before, where that was otherwise: what was booked then is known by that. */
  earlier?: readonly EarlierReading[];
}

/** Stretches of rows, in their order. */
export type Stretches = readonly { start: number; rowCount: number }[];

/**
 * The batches of a file but for the rows that are done. It is read from its beginning all the same, as a row's ordinal
 * depends on the equal ones before it; reading is fast beside booking, and what the rows mean never depends on what was
 * booked.
 */
export async function* readBatches(open: OpenFile, reading: Reading, done: Stretches): AsyncGenerator<Batch> {
  const { format, batchSize } = reading;
  const parse = rowParser(format, reading);
  const ordinalOf = countOrdinals();
  const earlierKeysOf = (reading.earlier ?? []).map((one) => earlierKey(one, reading));
  const isDone = createDoneCheck(done);
  let position = 0;
  let batch = emptyBatch(0);
  for await (const { line, cells } of openRows(open, format)) {
    if (line <= format.headerLine) continue;
    const parsed = parse(cells);
    // Counted for each row, be it a purchase now or not, as it was then.
    const known = earlierKeysOf.flatMap((keyOf) => keyOf(cells) ?? []);
    const row =
      'fault' in parsed ? undefined : identify(line, parsed.purchase, ordinalOf, { known, claims: reading.claims });
    const here = position++;
    if (isDone(here)) {
      if (batch.rowCount > 0) yield batch;
      batch = emptyBatch(position);
      continue;
    }
    if (row) batch.purchases.push(row);
    else if ('fault' in parsed) (parsed.isSkipped ? batch.skipped : batch.refused).push({ line, fault: parsed.fault });
    if (++batch.rowCount < batchSize) continue;
    yield batch;
    batch = emptyBatch(position);
  }
  if (batch.rowCount > 0) yield batch;
}

const emptyBatch = (start: number): Batch => ({ start, rowCount: 0, refused: [], skipped: [], purchases: [] });

/** Asked for one position after the other. */
function createDoneCheck(done: Stretches): (position: number) => boolean {
  let index = 0;
  return (position) => {
    for (let stretch = done[index]; stretch && stretch.start + stretch.rowCount <= position; stretch = done[index]) {
      index++;
    }
    const stretch = done[index];
    return stretch !== undefined && stretch.start <= position;
  };
}

/** Makes what tells the key under which another reading of the same bytes knows a row; undefined where it has none that counts. */
function earlierKey(
  { format, today, claims }: EarlierReading,
  { tenantCurrency, claims: mine }: Pick<Reading, 'tenantCurrency' | 'claims'>,
): (cells: readonly string[]) => PurchaseKey | undefined {
  const parse = rowParser(format, { today, tenantCurrency });
  const ordinalOf = countOrdinals();
  return (cells) => {
    const parsed = parse(cells);
    if ('fault' in parsed) return undefined;
    const { purchase } = parsed;
    const digest = fingerprintOf(purchase);
    const key = { digest, ordinal: ordinalOf(digest) };
    if (!isPersonal(purchase, sourceKeyOf(purchase))) return key;
    if (claims.isOwn) return ownKey(key, claims.userId);
    return mine.isOwn ? undefined : key;
  };
}

function identify(
  line: number,
  purchase: Purchase,
  ordinalOf: CountOrdinal,
  { known, claims }: { known: readonly PurchaseKey[]; claims: ClaimSpace },
): IdentifiedRow {
  const keyOf = (digest: Buffer): PurchaseKey => ({ digest, ordinal: ordinalOf(digest) });
  const sourceKey = sourceKeyOf(purchase);
  // Where that was booked from an earlier file, this is the same purchase.
  const { replacesId } = purchase;
  const replacedKey = replacesId === undefined ? undefined : sourceKeyOf({ ...purchase, sourceId: replacesId });
  const amongAll = keyOf(fingerprintOf(purchase));
  const personalKey = isPersonal(purchase, sourceKey) ? ownKey(amongAll, claims.userId) : undefined;
  const isOwn = claims.isOwn && personalKey !== undefined;
  const own = isOwn ? personalKey : amongAll;
  const others = [
    ...(sourceKey ? [keyOf(sourceKey)] : []),
    ...(replacedKey ? [keyOf(replacedKey)] : []),
    ...(personalKey && claims.hasOwn ? [personalKey] : []),
    ...known,
  ];
  return {
    line,
    keys: [own, ...others.filter((key, at) => !others.slice(0, at).concat(own).some(isSame(key)))],
    ...(isOwn ? { keyAmongAll: amongAll } : {}),
    purchase: toVisiblePurchase(purchase),
  };
}

const isSame =
  (key: PurchaseKey) =>
  (other: PurchaseKey): boolean =>
    key.ordinal === other.ordinal && key.digest.equals(other.digest);
