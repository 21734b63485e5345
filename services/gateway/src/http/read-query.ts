import { DomainError, invalid } from '@outlay/platform';
import { assertCleanText } from './read-json.ts';

/**
 * The query string as an object of strings, or arrays for the names in `repeatable`. A name that is given twice
 * without being repeatable is refused rather than guessed at, and so is broken percent-encoding.
 */
export function readQuery(url: string, repeatable: ReadonlySet<string>): Record<string, string | string[]> {
  const at = url.indexOf('?');
  if (at < 0 || at === url.length - 1) return {};
  const query = new Map<string, string | string[]>();
  for (const pair of url.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const [name = '', ...rest] = pair.split('=');
    add(query, decode(name), decode(rest.join('=')), repeatable);
  }
  // fromEntries defines properties, so that a name such as __proto__ stays a name.
  return Object.fromEntries(query);
}

function add(query: Map<string, string | string[]>, name: string, value: string, repeatable: ReadonlySet<string>) {
  const present = query.get(name);
  if (!repeatable.has(name)) {
    if (present !== undefined) throw invalid(name, 'given_twice', 'may be given only once');
    query.set(name, value);
  } else if (Array.isArray(present)) present.push(value);
  else query.set(name, [value]);
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new DomainError('unreadable', 'request_malformed', 'The query is not correctly percent-encoded');
  }
  assertCleanText(decoded);
  return decoded;
}
