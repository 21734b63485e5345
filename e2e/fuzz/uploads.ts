import fc from 'fast-check';

interface UploadBody {
  headers: Record<string, string>;
  body: string;
}

const rows = fc
  .array(
    fc.tuple(
      fc.constantFrom('2025-03-01', '01/03/2025', '', '31.02.2025'),
      fc.constantFrom('Paper', '"a ""quoted"" one"', '=1+1', '"two\nlines"', 'x'.repeat(300)),
      fc.constantFrom('4.20', '-1', '1,50', '', '1e9', '0'),
    ),
    { maxLength: 8 },
  )
  .map((cells) => ['Date,Description,Amount', ...cells.map((row) => row.join(','))].join('\n'));

const bytes = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 200 });

const files = fc.oneof(
  { weight: 4, arbitrary: rows },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '\n', '\0', 'a', 'a,b\n"', '"', '\u00ff\u00fea\0b\0', 'PK\u0003\u0004', '{}'),
  },
  { weight: 1, arbitrary: bytes },
);

const form = (field: string, file: string, end = '\r\n--fuzz--\r\n') =>
  `--fuzz\r\nContent-Disposition: form-data; name="${field}"; filename="f.csv"\r\nContent-Type: text/csv\r\n\r\n${file}${end}`;

const formType = 'multipart/form-data; boundary=fuzz';

/** Files to import: as the body, in a form, or in something that is neither. */
export const uploads: fc.Arbitrary<UploadBody> = fc.oneof(
  { weight: 4, arbitrary: files.map((body) => ({ headers: { 'content-type': 'text/csv' }, body })) },
  { weight: 3, arbitrary: files.map((file) => ({ headers: { 'content-type': formType }, body: form('file', file) })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<UploadBody>(
      { headers: { 'content-type': formType }, body: form('other', 'a,b') },
      { headers: { 'content-type': formType }, body: form('file', 'a,b', '') },
      { headers: { 'content-type': formType }, body: `${form('file', 'a,b', '\r\n')}${form('file', 'c,d')}` },
      { headers: { 'content-type': formType }, body: '--fuzz--\r\n' },
      { headers: { 'content-type': formType }, body: '' },
      { headers: { 'content-type': 'multipart/form-data' }, body: form('file', 'a,b') },
      { headers: { 'content-type': 'application/json' }, body: '{}' },
      { headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' }, body: 'a,b' },
      { headers: {}, body: 'a,b' },
    ),
  },
);
