import { describe, expect, it } from '@jest/globals';
import type { ImportFileKind } from '@outlay/contracts';
import { openRows } from './open-rows.ts';
import { recogniseFile } from './recognise-file.ts';
import { recogniseStoredLayout } from './recognise-head.ts';
import { UnreadableStatement } from './statements/unreadable-statement.ts';

/** The bytes of a file in the pieces in which it is stored, all of them there already. */
const stored = (text: string) =>
  async function* () {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 256 * 1_024) yield bytes.subarray(at, at + 256 * 1_024);
  };

/** How often others had their turn while something was done, and what came of it. */
async function turnsDuring<T>(work: () => Promise<T>): Promise<{ turns: number; result: T }> {
  let turns = 0;
  let pending = setImmediate(function count() {
    turns++;
    pending = setImmediate(count);
  });
  try {
    return { result: await work(), turns };
  } finally {
    clearImmediate(pending);
  }
}

async function countRows(text: string, kind: ImportFileKind): Promise<number> {
  const syntax = { kind, encoding: 'utf-8', delimiter: ',', quoting: 'double' } as const;
  let count = 0;
  for await (const row of openRows(stored(text), syntax)) if (row.cells.length > 0) count++;
  return count;
}

const head = 'date,amount,title\n';

describe('reading a file leaves everything else in the process its turns', () => {
  it('among a million rows of one character', async () => {
    const narrow = head + 'x\n'.repeat(1_000_000);

    const { result, turns } = await turnsDuring(() => countRows(narrow, 'csv'));

    expect(result).toBe(1_000_001);
    expect(turns).toBeGreaterThanOrEqual(4_000);
  });

  it('among long rows, and markup that holds no row at all', async () => {
    const long = head + `2025-01-01,1,${'x'.repeat(20_000)}\n`.repeat(100);
    const elements = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">${'<a></a>'.repeat(200_000)}</Document>`;
    const tags = `<OFX>${'<MEMO>x'.repeat(200_000)}</OFX>`;

    for (const [text, kind] of [
      [long, 'csv'],
      [elements, 'camt053'],
      [tags, 'ofx'],
    ] as const) {
      const { turns } = await turnsDuring(() => countRows(text, kind));

      expect(turns).toBeGreaterThanOrEqual(Math.floor(text.length / 16_384));
    }
  });

  it('while its dates and amounts are recognised', async () => {
    const text = head + '2025-01-01,1,x\n'.repeat(50_000);
    const given = { encoding: 'utf-8', layout: recogniseStoredLayout(Buffer.from(text), 'utf-8') } as const;

    const { result, turns } = await turnsDuring(() =>
      recogniseFile(stored(text), given, { today: '2025-06-01', currency: 'EUR' }),
    );

    expect(result.rowsTotal).toBe(50_000);
    expect(turns).toBeGreaterThanOrEqual(200);
  });
});

describe('a statement that is made to keep its reader busy', () => {
  const document = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">';

  it('is given up where it is nested too deeply, and not read on', async () => {
    const deep = stored(document + '<a>'.repeat(4_000_000));
    let pieces = 0;
    const counted = async function* () {
      for await (const piece of deep()) {
        pieces++;
        yield piece;
      }
    };
    const rows = openRows(counted, { kind: 'camt053', encoding: 'utf-8', delimiter: '', quoting: 'double' });

    await expect(rows.next()).rejects.toThrow(UnreadableStatement);

    expect(pieces).toBe(1);
  });

  it('is given up where an entry has no end of elements', async () => {
    const entry = `${document}<BkToCstmrStmt><Stmt><Ntry>${'<a/>'.repeat(100_001)}`;

    await expect(countRows(entry, 'camt053')).rejects.toThrow('too many elements');
  });

  it('is read on past a tag that never closes', async () => {
    const transaction = '<STMTTRN><DTPOSTED>20250102<TRNAMT>-1.00<FITID>1</STMTTRN>';

    expect(await countRows(`<OFX><${'a'.repeat(60_000)}${transaction}</OFX>`, 'ofx')).toBe(1);
  });
});
