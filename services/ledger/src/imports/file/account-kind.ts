import type { AccountKind } from '@outlay/contracts';
import { normaliseHeader } from './column-names.ts';

/** What kind of account a column of this name holds: cards, bank accounts, or it does not say. */
export function accountKindOf(header: string): AccountKind {
  const name = normaliseHeader(header);
  if (/\b(card|pan|last|karte|kartennummer|carte|tarjeta|carta|cartao|kaartnummer)\b/.test(name)) return 'card';
  if (
    /\b(iban|account num|account number|auftragskonto|konto|kontonummer|kontonr|compte|cuenta|conto|rekening|rekeningnummer)\b/.test(
      name,
    )
  ) {
    return 'bank';
  }
  return 'other';
}

/**
 * A card's number as it may be kept: of one that is not masked, the first six and the last four digits (PCI DSS 3.4).
 * Numbers are told by length and check digit, so that account numbers stay as they are.
 */
export function maskCardNumber(text: string): string {
  const digits = text.replaceAll(/[ -]/g, '');
  if (!/^\d{13,19}$/.test(digits) || !hasCheckDigit(digits)) return text;
  return `${digits.slice(0, 6)}${'*'.repeat(digits.length - 10)}${digits.slice(-4)}`;
}

/** ISO/IEC 7812-1, annex B. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (const [index, character] of [...digits].toReversed().entries()) {
    const doubled = Number(character) * (index % 2 === 1 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
