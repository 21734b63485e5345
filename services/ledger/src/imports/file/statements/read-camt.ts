import { SaxesParser } from 'saxes';
import type { RawRow } from '../csv-splitter.ts';
import { type CamtNode, toStatementRows } from './camt-entry.ts';
import { toCells } from './statement-columns.ts';
import { UnreadableStatement } from './unreadable-statement.ts';

/**
 * The bookings of a CAMT.053 statement (ISO 20022), piece by piece: of the whole document no more than one entry is held.
 * The line of a row is its number among the bookings. saxes expands no entities but the predefined ones and reads nothing that a document type names.
 */
export async function* readCamt(text: AsyncIterable<string>): AsyncGenerator<RawRow> {
  const parser = new SaxesParser({ xmlns: false, fragment: false });
  const rows: RawRow[] = [];
  const open: CamtNode[] = [];
  let entry: { node: CamtNode; depth: number } | undefined;
  let count = 0;
  let account = '';
  /** How deep the account of the statement is whose elements are being read; 0: none. */
  let accountDepth = 0;
  let size = 0;
  let elements = 0;

  parser.on('error', (error) => {
    throw new UnreadableStatement(`The file is not well-formed XML: ${error.message.slice(0, 120)}`);
  });
  parser.on('opentag', ({ name, attributes }) => {
    const node: CamtNode = { name: localName(name), text: '', currency: attributes.Ccy ?? '', children: [] };
    if (open.length >= depthMax) throw new UnreadableStatement('The elements of the file are nested too deeply');
    const parent = open.at(-1);
    if (entry || accountDepth > 0) {
      if (++elements > entryElementsMax) throw new UnreadableStatement('An entry of the file has too many elements');
      parent?.children.push(node);
    }
    open.push(node);
    if (node.name === 'Stmt') account = '';
    const isEntry = node.name === 'Ntry' && !entry;
    const isAccount = node.name === 'Acct' && parent?.name === 'Stmt' && accountDepth === 0;
    if (isEntry) entry = { node, depth: open.length };
    if (isAccount) accountDepth = open.length;
    if (isEntry || isAccount) {
      size = 0;
      elements = 0;
    }
  });
  const collect = (piece: string): void => {
    const node = open.at(-1);
    if (!node || (!entry && accountDepth === 0)) return;
    size += piece.length;
    if (size > entrySizeMax) throw new UnreadableStatement('An entry of the file is too long');
    node.text += piece;
  };
  parser.on('text', collect);
  parser.on('cdata', collect);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (open.length < accountDepth) accountDepth = 0;
    if (closed?.name === 'Acct' && !entry && open.at(-1)?.name === 'Stmt') account = accountNumber(closed);
    if (!entry || open.length >= entry.depth) return;
    for (const row of numbered(toStatementRows(entry.node, account).map(toCells))) rows.push({ line: ++count, ...row });
    entry = undefined;
  });

  for await (const piece of text) {
    parser.write(piece);
    for (const row of rows.splice(0)) yield row;
  }
  parser.close();
  for (const row of rows.splice(0)) yield row;
}

/** Payments of an entry with their places among those that are equal, ids and all: they are as many as the bank says. */
function numbered(payments: readonly string[][]): Pick<RawRow, 'cells' | 'copy'>[] {
  const copies = new Map<string, number>();
  return payments.map((cells) => {
    const said = JSON.stringify(cells);
    const copy = (copies.get(said) ?? 0) + 1;
    copies.set(said, copy);
    return { cells, copy };
  });
}

const depthMax = 64;
const entrySizeMax = 1_024 * 1_024;
/** A batch of some thousand payments. */
const entryElementsMax = 100_000;

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

function accountNumber(account: CamtNode): string {
  const id = account.children.find(({ name }) => name === 'Id');
  const iban = id?.children.find(({ name }) => name === 'IBAN');
  const other = id?.children.find(({ name }) => name === 'Othr')?.children.find(({ name }) => name === 'Id');
  return (iban ?? other)?.text.trim() ?? '';
}
