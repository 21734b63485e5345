import { describe, expect, it } from '@jest/globals';
import { parseEcb } from './parse-ecb.ts';

const today = '2025-01-20';

/** In pieces of a few bytes, so that every place is a boundary once. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const parse = (text: string, size = 7) => parseEcb(pieces(Buffer.from(text), size), today);

const envelope = (cubes: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>European Central Bank — €</gesmes:name></gesmes:Sender>
  <Cube>${cubes}</Cube>
</gesmes:Envelope>`;

const daily = envelope(`
    <Cube time='2025-01-17'>
      <Cube currency='USD' rate='1.0298'/>
      <Cube currency='JPY' rate='160.30'/>
    </Cube>`);

const history = envelope(
  '<Cube time="2025-01-17"><Cube currency="USD" rate="1.0298"/></Cube>' +
    '<Cube time="2025-01-16"><Cube currency="USD" rate="1.0300"></Cube><Cube currency="HRK" rate="7.53" /></Cube>',
);

describe('a file of the European Central Bank', () => {
  it('is read, whatever pieces it comes in', async () => {
    for (const size of [1, 2, 3, 1_000]) {
      expect(await parse(daily, size)).toEqual({
        rates: [
          { date: '2025-01-17', currency: 'USD', rate: '1.0298' },
          { date: '2025-01-17', currency: 'JPY', rate: '160.3' },
        ],
        skippedCurrencies: [],
        skippedCount: 0,
      });
    }
  });

  it('may hold many days, and currencies of the past', async () => {
    expect((await parse(history)).rates).toEqual([
      { date: '2025-01-17', currency: 'USD', rate: '1.0298' },
      { date: '2025-01-16', currency: 'USD', rate: '1.03' },
      { date: '2025-01-16', currency: 'HRK', rate: '7.53' },
    ]);
  });

  it('may hold currencies that nobody knows, which are left out and named', async () => {
    const file = envelope(
      `<Cube time='2025-01-17'><Cube currency='XYQ' rate='2'/><Cube currency='USD' rate='1.1'/><Cube currency='EUR' rate='1'/></Cube>`,
    );
    expect(await parse(file)).toEqual({
      rates: [{ date: '2025-01-17', currency: 'USD', rate: '1.1' }],
      skippedCurrencies: ['EUR', 'XYQ'],
      skippedCount: 2,
    });
  });

  it('names no more than fifty of those that nobody knows, and counts them all', async () => {
    const unknown = Array.from({ length: 60 }, (_, index) => `Q${String(index).padStart(2, '0')}`);
    const cubes = unknown.map((code) => `<Cube currency='${code}' rate='2'/>`).join('');
    const read = await parse(envelope(`<Cube time='2025-01-17'>${cubes}</Cube>`));
    expect([read.skippedCurrencies, read.skippedCount]).toEqual([unknown.slice(0, 50), 60]);
  });

  const usd = (rate: string, time = '2025-01-17') =>
    envelope(`<Cube time='${time}'><Cube currency='USD' rate='${rate}'/></Cube>`);

  it.each([
    ['cut off', daily.slice(0, -30), 'file_malformed'],
    ['no XML', 'currency,rate\nUSD,1.03', 'file_malformed'],
    ['with a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${daily}`, 'file_malformed'],
    [
      'with entities that grow',
      `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Envelope><Cube>&b;</Cube></Envelope>`,
      'file_malformed',
    ],
    ['with an entity of its own', envelope('&own;'), 'file_malformed'],
    ['too deep', '<a>'.repeat(100_000), 'file_malformed'],
    ['another document', '<feed><entry/></feed>', 'file_not_ecb'],
    ['without rates', envelope(''), 'file_not_ecb'],
    ['with a rate of zero', usd('0'), 'rate_invalid'],
    ['with a rate below zero', usd('-1'), 'rate_invalid'],
    ['with a rate that is none', usd('N/A'), 'rate_invalid'],
    ['with a day that does not exist', usd('1', '2025-02-30'), 'date_invalid'],
    ['with a day to come', usd('1', '2025-01-22'), 'date_invalid'],
    ['without a day', envelope("<Cube><Cube currency='USD' rate='1'/></Cube>"), 'date_invalid'],
    [
      'that contradicts itself',
      envelope("<Cube time='2025-01-17'><Cube currency='USD' rate='1'/><Cube currency='USD' rate='2'/></Cube>"),
      'rate_contradictory',
    ],
  ])('is refused as a whole: %s', async (_what, text, code) => {
    await expect(parse(text)).rejects.toMatchObject({ kind: 'invalid', details: [{ field: 'file', code }] });
  });

  it('is refused where its bytes are no UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from(daily), Buffer.from([0xff])]);
    await expect(parseEcb(pieces(bytes, 11), today)).rejects.toMatchObject({ details: [{ code: 'file_malformed' }] });
  });
});
