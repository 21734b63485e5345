import type { RawRow } from '../csv-splitter.ts';
import { quoted, RefusedRow, skippedRow } from '../row-fault.ts';
import { correctionPlaces } from './statement-columns.ts';

/** A file of more of them is none that a bank sends. */
const correctedMax = 10_000;

const at = (cells: readonly string[], place: keyof typeof correctionPlaces): string =>
  cells[correctionPlaces[place]] ?? '';

/** An id is unique within its account (OFX 2.2, 3.2.3). */
const keyOf = (cells: readonly string[], place: 'id' | 'corrects'): string =>
  `${at(cells, 'account')} ${at(cells, place)}`;

/** Collects what bookings of a statement say that they correct. */
export function gatherCorrections() {
  const wanted = new Set<string>();
  return {
    add(cells: readonly string[]): void {
      if (at(cells, 'corrects') !== '' && wanted.size < correctedMax) wanted.add(keyOf(cells, 'corrects'));
    },
    conclude: (): ReadonlySet<string> => wanted,
  };
}

/** Those of the corrected bookings that stand in the same file. */
export async function findCorrected(rows: AsyncIterable<RawRow>, wanted: ReadonlySet<string>): Promise<string[]> {
  const found = new Set<string>();
  for await (const { cells } of rows) {
    const key = keyOf(cells, 'id');
    if (wanted.has(key)) found.add(key);
  }
  return [...found];
}

/**
 * Makes what leaves corrected bookings out, with those that do nothing but delete them. What corrects a booking of an earlier
 * file is refused: that one may have been edited since, so people decide. Answers the id of what a booking replaces.
 */
export function correctionTeller(corrected: readonly string[]): (cells: readonly string[]) => string {
  const known = new Set(corrected);
  return (cells) => {
    const target = at(cells, 'corrects');
    if (known.has(keyOf(cells, 'id'))) {
      throw skippedRow('corrected', 'Id', `${quoted(at(cells, 'id'))} is corrected by another booking of the file`);
    }
    if (target === '') return '';
    const isDeletion = at(cells, 'correction') === 'DELETE';
    const does = `it ${isDeletion ? 'deletes' : 'replaces'} ${quoted(target)}`;
    if (!known.has(keyOf(cells, 'corrects'))) {
      const remedy = isDeletion ? 'reverse its expense' : 'change its expense';
      const reason = `${does}, which is not in the file; where that was imported before, ${remedy}`;
      throw new RefusedRow('correction_unmatched', 'Corrects', reason);
    }
    if (isDeletion) {
      throw skippedRow('corrected', 'Corrects', `${does}; where that was imported before, reverse its expense`);
    }
    return target;
  };
}
