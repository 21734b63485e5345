import fc from 'fast-check';

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

/** What has broken parsers, databases and templates before. */
const texts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\ufeff',
  '\u202etxt',
  'e\u0301'.repeat(40),
  '👩‍👩‍👧‍👦'.repeat(30),
  '𝒳𝓎𝓏𝓏',
  '\r\nSet-Cookie: a=b',
  "'; drop table expenses; --",
  '%00%s%n{{7*7}}',
  '=cmd|calc',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-0',
  '1e400',
  '9'.repeat(40),
  '2025-02-30',
  '0000-00-00',
  '275760-09-14',
  '00000000-0000-0000-0000-000000000000',
  '01980000-0000-0000-8000-000000000000x',
  'urn:uuid:0197a3c0-4444-7000-8000-000000000001',
  'x'.repeat(256),
  'x'.repeat(6_000),
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...texts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);

/** Any JSON value in the place of another. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      2 ** 31,
      2 ** 53 + 2,
      1e308,
      [],
      {},
      [null],
      { $ne: null },
      Array.from({ length: 200 }, () => 'x'),
      JSON.parse(deep(20)),
      JSON.parse(deep(33)),
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** What a header can hold at all: the wire takes nothing above a byte and no control character but the tab. */
export const hostileHeader: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '"0"',
    '"-1"',
    'W/"1"',
    '"1", "2"',
    '"99999999999999999999"',
    '*',
    'é',
    'a b',
    'a\tb',
    "' or 1=1",
    'x'.repeat(255),
    'x'.repeat(256),
    'x'.repeat(4_000),
    '00-00000000000000000000000000000000-0000000000000000-01',
  ),
  fc.stringMatching(/^[\t -~\x80-\xff]{0,30}$/),
);

/** Changes to the text of a body that no JSON value can express; bytes are written one per character. */
export const textChanges: readonly ((json: string) => string)[] = [
  (json) => json.slice(0, -1),
  (json) => `${json}${json}`,
  (json) => `\u00ef\u00bb\u00bf${json}`,
  (json) => json.replace(/"(?=[},])/, '\u00ff"'),
  (json) => json.replace(/:"/, ':"\u00ed\u00a0\u0080'),
  (json) => json.replace('{', '{"__proto__":{"role":"owner"},'),
  (json) => json.replace('{', `{"deep":${deep(50_000 / 2)},`),
  (json) => json.replace('{', `{"${'k'.repeat(50_000)}":1,`),
  (json) => json.replace(/^{("[^"]+":)/, '{$1null,$1'),
  ...['1e400', '-1e400', '1e-400', 'NaN', '0x10', '01', 'undefined', "'x'", '9'.repeat(400)].map(
    (token) => (json: string) => json.replace(/:("[^"]*"|\d+|null|true|false)/, `:${token}`),
  ),
  (json) => json + ' '.repeat(100 * 1024),
  () => deep(40),
  () => '',
  () => 'null',
  () => '"text"',
  () => '[]',
  () => '<xml/>',
  () => 'a=b&c=d',
];
