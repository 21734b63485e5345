import type { ImportFileKind } from '@outlay/contracts';

/** Which statement of a bank begins like this; undefined: none. */
export function statementKindOf(head: string): Exclude<ImportFileKind, 'csv' | 'outlay'> | undefined {
  const start = head.trimStart();
  if (/^OFXHEADER\s*:/i.test(start) || /^(<\?[^>]*\?>\s*)*<OFX>/i.test(start)) return 'ofx';
  if (!start.startsWith('<')) return undefined;
  return /camt\.053\.001\.\d\d/.test(start.slice(0, 4_096)) || /<(\w+:)?BkToCstmrStmt[\s>]/.test(start.slice(0, 4_096))
    ? 'camt053'
    : undefined;
}

/** Whether a statement is of a card, as far as its beginning says. */
export const isCardStatement = (head: string): boolean =>
  /<CREDITCARDMSGSRSV1>/i.test(head) && !/<BANKMSGSRSV1>/i.test(head);
