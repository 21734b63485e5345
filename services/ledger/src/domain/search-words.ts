/**
 * The words by which a text is found, each once: runs of letters and digits, in small letters, without accents. What is
 * stored and what is looked for go through here, so that `café` finds `CAFE`, on any server in any locale.
 */
export function searchWords(text: string): string[] {
  // Twice, as small letters may fall apart again (İ), and compatibility forms may bring capital ones (℃).
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '');
  return [...new Set(folded.match(/[\p{L}\p{N}]+/gu) ?? [])];
}

/** What an expense is found by, for its column search_text: a space before each word, so that ` wo` finds `word`. */
export const searchTextOf = (expense: { title: string; description: string; vendor: string }): string =>
  searchWords(`${expense.title} ${expense.description} ${expense.vendor}`)
    .map((word) => ` ${word}`)
    .join('');
