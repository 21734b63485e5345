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

const statements = fc
  .array(
    fc.tuple(
      fc.constantFrom('20250301', '20250230120000[+1:CET]', '', 'x'),
      fc.constantFrom('-4.20', '5', '1e9', '', '--'),
      fc.constantFrom('Paper', '&amp;&#0;&lt;', '<B>', '<STMTTRN>', 'x'.repeat(300)),
    ),
    { maxLength: 6 },
  )
  .chain((rows) =>
    fc.constantFrom(
      `OFXHEADER:100\n\n<OFX><CURDEF>EUR${rows.map(([day, sum, name]) => `<STMTTRN><DTPOSTED>${day}<TRNAMT>${sum}<FITID>1<NAME>${name}</STMTTRN>`).join('')}</OFX>`,
      `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>${rows.map(([day, sum, name]) => `<Ntry><Amt Ccy="EUR">${sum}</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>${day}</Dt></BookgDt><AddtlNtryInf>${name}</AddtlNtryInf></Ntry>`).join('')}</Stmt></BkToCstmrStmt></Document>`,
      '<!DOCTYPE a [<!ENTITY b "bb">]><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">&b;</Document>',
    ),
  );

const mappingField = (mapping: string) =>
  `--fuzz\r\nContent-Disposition: form-data; name="mapping"\r\n\r\n${mapping}\r\n`;

const mappings = fc.constantFrom(
  ...['{}', '{"columns":{"Description":null}}', '{"date_format":"MM/DD/YYYY"}', '{"columns":{"Nothing":"amount"}}'],
  ...[
    '',
    '[]',
    '{"columns":{"__proto__":null}}',
    '{"delimiter":"\\u0000"}',
    `{"columns":{"${'x'.repeat(70_000)}":null}}`,
  ],
);

const form = (field: string, file: string, end = '\r\n--fuzz--\r\n') =>
  `--fuzz\r\nContent-Disposition: form-data; name="${field}"; filename="f.csv"\r\nContent-Type: text/csv\r\n\r\n${file}${end}`;

const formType = 'multipart/form-data; boundary=fuzz';

/** Files to import: as the body, in a form, or in something that is neither. */
export const uploads: fc.Arbitrary<UploadBody> = fc.oneof(
  { weight: 4, arbitrary: files.map((body) => ({ headers: { 'content-type': 'text/csv' }, body })) },
  { weight: 3, arbitrary: files.map((file) => ({ headers: { 'content-type': formType }, body: form('file', file) })) },
  { weight: 2, arbitrary: statements.map((body) => ({ headers: { 'content-type': 'application/xml' }, body })) },
  {
    weight: 2,
    arbitrary: fc.tuple(mappings, files).map(([mapping, file]) => ({
      headers: { 'content-type': formType },
      body: mappingField(mapping) + form('file', file),
    })),
  },
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

const rateOf = fc
  .tuple(
    fc.constantFrom('2025-03-03', '2025-02-30', '', '1998-01-01', '9999-12-31', 'today'),
    fc.constantFrom('USD', 'XYQ', 'EUR', 'usd', '', '<'),
    fc.constantFrom('1.08', '0', '-1', 'N/A', '1e9', '0.0000000000001', '9'.repeat(400)),
  )
  .map(([day, currency, rate]) => `<Cube time="${day}"><Cube currency="${currency}" rate="${rate}"/></Cube>`);

const rateFiles = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(rateOf, { maxLength: 5 })
      .map((days) => `<e:Envelope xmlns:e="urn:e"><Cube>${days.join('')}</Cube></e:Envelope>`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
      '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
      `${'<a>'.repeat(50_000)}`,
      `<a ${'b="c" '.repeat(1_000)}/>`,
      '<a b="c" b="d"/>',
      '<?xml version="1.0" encoding="UTF-16"?><a/>',
    ),
  },
  { weight: 2, arbitrary: files },
);

/** Files of exchange rates. */
export const rateUploads: fc.Arbitrary<UploadBody> = fc.oneof(
  { weight: 8, arbitrary: rateFiles.map((body) => ({ headers: { 'content-type': 'application/xml' }, body })) },
  { weight: 1, arbitrary: rateFiles.map((body) => ({ headers: { 'content-type': 'text/xml;charset=utf-8' }, body })) },
  { weight: 1, arbitrary: uploads },
);
