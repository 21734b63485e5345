import pg from 'pg';

const int8 = 20;
const int8Array = 1016;
const date = 1082;
const dateArray = 1182;
const textArray = 1009;

type Parse = (text: string) => unknown;

// The declared type ids leave arrays out.
const parseTextArray: (text: string) => (string | null)[] = pg.types.getTypeParser(textArray as typeof date);

const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [int8, BigInt],
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
