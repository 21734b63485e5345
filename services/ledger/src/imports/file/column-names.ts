import type { ImportField } from '@outlay/contracts';
import { namesByField } from './column-name-lists.ts';

/** Abbreviations of exports and the words they stand for; an empty word is left out. */
const words: Readonly<Record<string, string>> = {
  ...{ trans: 'transaction', txn: 'transaction', trn: 'transaction', trx: 'transaction', tran: 'transaction' },
  ...{ amt: 'amount', cur: 'currency', curr: 'currency', ccy: 'currency', desc: 'description', descr: 'description' },
  ...{ no: 'number', num: 'number', nr: 'number', '#': 'number', nbr: 'number', orig: 'original', org: 'original' },
  ...{ bill: 'billing', billed: 'billing', posted: 'posting', post: 'posting', processed: 'processing', dt: 'date' },
  ...{ centre: 'center', centres: 'center', acct: 'account', acc: 'account', ref: 'reference', bal: 'balance' },
  ...{ cat: 'category', dept: 'department', merch: 'merchant', incl: 'inc', directorates: 'directorate' },
};

/** A name as column-names knows it: lower case, without accents, punctuation and abbreviations. */
export function normaliseHeader(header: string): string {
  return header
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .replaceAll(/[^\p{L}\p{N}#]+/gu, ' ')
    .trim()
    .split(' ')
    .map((word) => (Object.hasOwn(words, word) ? (words[word] ?? word) : word))
    .join(' ');
}

/** A field that a column of some name may carry; the lower the rank, the more telling the name. */
export interface NamedField {
  field: ImportField;
  rank: number;
}

const fieldsByName: ReadonlyMap<string, readonly NamedField[]> = (() => {
  const byName = new Map<string, NamedField[]>();
  for (const [field, names] of Object.entries(namesByField) as [ImportField, string][]) {
    for (const [rank, name] of names.split(',').entries()) {
      // Listed names go through the same mill as headers, so that a list may spell them as people do.
      const key = normaliseHeader(name);
      byName.set(key, [...(byName.get(key) ?? []), { field, rank }]);
    }
  }
  return byName;
})();

/** The fields that a column of this normalised name may carry; several where its cells must decide. */
export const fieldsNamed = (name: string): readonly NamedField[] => fieldsByName.get(name) ?? [];
