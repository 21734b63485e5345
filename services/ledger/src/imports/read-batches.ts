import type { IdentifiedRow, PurchaseKey } from './claim-purchases.ts';
import { type ClaimSpace, isPersonal, ownKey } from './claim-spaces.ts';
import type { EarlierReading } from './earlier-readings.ts';
import { countOrdinals } from './file/count-ordinals.ts';
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
  const place = placePurchases();
  const earlierKeysOf = (reading.earlier ?? []).map((one) => earlierKey(one, reading));
  const isDone = createDoneCheck(done);
  let position = 0;
  let batch = emptyBatch(0);
  for await (const { line, cells, copy = 1 } of openRows(open, format)) {
    if (line <= format.headerLine) continue;
    const parsed = parse(cells);
    // Counted for each row, be it a purchase now or not, as it was then.
    const known = earlierKeysOf.flatMap((keyOf) => keyOf(cells, copy) ?? []);
    const row =
      'fault' in parsed
        ? undefined
        : identify(line, parsed.purchase, place(parsed.purchase, copy), { known, claims: reading.claims });
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
): (cells: readonly string[], copy: number) => PurchaseKey | undefined {
  const parse = rowParser(format, { today, tenantCurrency });
  const place = placePurchases();
  return (cells, copy) => {
    const parsed = parse(cells);
    if ('fault' in parsed) return undefined;
    const { purchase } = parsed;
    const { key } = place(purchase, copy);
    if (!isPersonal(purchase, sourceKeyOf(purchase))) return key;
    if (claims.isOwn) return ownKey(key, claims.userId);
    return mine.isOwn ? undefined : key;
  };
}

interface Place {
  /** By what the row says. */
  key: PurchaseKey;
  /** By the id of its source. */
  sourceKey: PurchaseKey | undefined;
  /** By the id of what it stands for: where that was booked from an earlier file, this is the same purchase. */
  replacedKey?: PurchaseKey | undefined;
  isRepeat: boolean;
}

/**
 * Tells the places of purchases among the equal ones of their file, one after the other. What says the same under the same id
 * is the same purchase, as where two statements overlap that were put into one file; but not within an entry of a bank. It
 * takes no place of its own.
 */
function placePurchases(): (purchase: Purchase, copy: number) => Place {
  const ordinals = countOrdinals();
  return (purchase, copy) => {
    // It says the id as well.
    const digest = fingerprintOf(purchase);
    const source = sourceKeyOf(purchase);
    if (source && ordinals.countOf(digest) >= copy) {
      return { key: { digest, ordinal: copy }, sourceKey: undefined, isRepeat: true };
    }
    const key = { digest, ordinal: ordinals.next(digest) };
    const sourceKey = source && { digest: source, ordinal: ordinals.next(source) };
    const { replacesId } = purchase;
    const replaced = replacesId === undefined ? undefined : sourceKeyOf({ ...purchase, sourceId: replacesId });
    const replacedKey = replaced && { digest: replaced, ordinal: ordinals.next(replaced) };
    return { key, sourceKey, replacedKey, isRepeat: false };
  };
}

function identify(
  line: number,
  purchase: Purchase,
  { key: amongAll, sourceKey, replacedKey, isRepeat }: Place,
  { known, claims }: { known: readonly PurchaseKey[]; claims: ClaimSpace },
): IdentifiedRow {
  const visible = toVisiblePurchase(purchase);
  if (isRepeat) return { line, keys: [amongAll], isRepeat, purchase: visible };
  const personalKey = isPersonal(purchase, sourceKey?.digest) ? ownKey(amongAll, claims.userId) : undefined;
  const isOwn = claims.isOwn && personalKey !== undefined;
  const own = isOwn ? personalKey : amongAll;
  const others = [
    ...(sourceKey ? [sourceKey] : []),
    ...(replacedKey ? [replacedKey] : []),
    ...(personalKey && claims.hasOwn ? [personalKey] : []),
    ...known,
  ];
  return {
    line,
    keys: [own, ...others.filter((key, at) => !others.slice(0, at).concat(own).some(isSame(key)))],
    ...(isOwn ? { keyAmongAll: amongAll } : {}),
    purchase: visible,
  };
}

const isSame =
  (key: PurchaseKey) =>
  (other: PurchaseKey): boolean =>
    key.ordinal === other.ordinal && key.digest.equals(other.digest);
