const directions: ReadonlyMap<string, 1 | -1> = new Map([
  ...['d', 'dr', 'debit', 'dbit', 'debet', 's', 'soll', 'af', 'debito', 'sale', 'purchase', 'withdrawal', 'fee'].map(
    (word) => [word, 1] as const,
  ),
  ...['c', 'cr', 'credit', 'crdt', 'kredit', 'h', 'haben', 'bij', 'credito', 'return', 'refund', 'deposit'].map(
    (word) => [word, -1] as const,
  ),
]);

/** What a cardholder pays to the issuer, in the column that says sale or return of the other rows. */
export const isCardPayment = (cell: string): boolean =>
  /^(auto ?pay(ment)?|(online |mobile |bill )?payment( received)?|payment[ -]*thank you)$/i.test(cell.trim());

/** What a cell of a debit/credit column says: 1 for money spent, -1 for money that came back; undefined for other words. */
export const directionOf = (cell: string): 1 | -1 | undefined => directions.get(cell.trim().toLowerCase());
