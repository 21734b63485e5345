/**
 * Beginnings of month names in the languages of the exports we know (English, German, French, Spanish, Italian, Dutch,
 * Portuguese, Swedish, Danish), without accents. A name is a month when it begins with one of these.
 */
const beginnings: readonly (readonly string[])[] = [
  ['jan', 'ene', 'gen'],
  ['feb', 'fev'],
  ['mar', 'mrz', 'maa', 'mrt'],
  ['apr', 'avr', 'abr'],
  ['may', 'mai', 'maj', 'mei', 'mag'],
  ['jun', 'juin', 'giu'],
  ['jul', 'juil', 'lug'],
  ['aug', 'aou', 'ago'],
  ['sep', 'set'],
  ['oct', 'okt', 'ott', 'out'],
  ['nov'],
  ['dec', 'dez', 'dic', 'des'],
];

/** The month (1 to 12) that a word names, in full or shortened; undefined where it names none. */
export function monthNamed(word: string): number | undefined {
  const plain = word.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  if (plain.length < 3) return undefined;
  const index = beginnings.findIndex((names) => names.some((name) => plain.startsWith(name)));
  return index === -1 ? undefined : index + 1;
}
