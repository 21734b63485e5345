import pg from 'pg';

const int8 = 20;
const int8Array = 1016;
const date = 1082;
const dateArray = 1182;
const textArray = 1009;
const timestamptz = 1184;

type Parse = (text: string) => unknown;

// The declared type ids leave arrays out.
const parseTextArray: (text: string) => (string | null)[] = pg.types.getTypeParser(textArray as typeof date);

/** What an array of plain words looks like; whatever has quotes, escapes or nulls takes pg's parser. */
const plainWords = /^\{[^"\\{}]+\}$/;

function parseTextArrayFast(text: string): (string | null)[] {
  if (text === '{}') return [];
  if (!plainWords.test(text) || text.includes('NULL')) return parseTextArray(text);
  return text.slice(1, -1).split(',');
}

const parseTimestamptz: (text: string) => unknown = pg.types.getTypeParser(timestamptz as typeof date);

let lastRead: { text: string; value: Date } = { text: '', value: new Date(0) };

/**
 * An instant, which a row often repeats: what was created and never edited, and all that one statement wrote. The same text
 * gives the same object, which nobody may change.
 */
function parseInstant(text: string): Date {
  if (text !== lastRead.text) lastRead = { text, value: readInstant(text) };
  return lastRead.value;
}

/** As a session in UTC writes an instant of our era, which is nearly all there is: a page of 50 rows has 150 of them. */
function readInstant(text: string): Date {
  if (text.length < 22 || text.length > 29 || text[10] !== ' ' || !text.endsWith('+00')) return readAnyInstant(text);
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
}

const firstInstant = new Date('0001-01-01T00:00:00.000Z');
const lastInstant = new Date('9999-12-31T23:59:59.999Z');

/**
 * One before the year 1 or after 9999, or without end, can be told neither in a message nor in an answer, and comes as the nearest
 * that can: nothing of ours writes such a thing, and a row in which somebody has must not break whoever reads it.
 */
function readAnyInstant(text: string): Date {
  if (text === '-infinity' || text.endsWith(' BC')) return firstInstant;
  const instant = parseTimestamptz(text);
  return instant instanceof Date && instant <= lastInstant ? instant : lastInstant;
}

const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [int8, BigInt],
  [textArray, parseTextArrayFast],
  [timestamptz, parseInstant],
  [int8Array, (text) => parseTextArray(text).map((item) => (item === null ? null : BigInt(item)))],
  // A calendar date has no zone; as a Date it would shift with the machine's.
  [date, (text) => text],
  [dateArray, parseTextArray],
]);

/** How column values become JavaScript values; whatever is not listed keeps pg's own parser. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : parsers.get(oid)) ?? pg.types.getTypeParser(oid, format as 'text'),
};
