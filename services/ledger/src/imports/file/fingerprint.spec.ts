import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import { sourceKeyOf } from './fingerprint.ts';

/** The second keys of the transactions of an OFX file with these ids. */
async function keysOf(...ids: string[]): Promise<(string | undefined)[]> {
  const transactions = ids.map(
    (id, index) => `<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>2025010${index + 1}<TRNAMT>-1.00<FITID>${id}<NAME>tea</STMTTRN>`,
  );
  const account = '<BANKACCTFROM><ACCTID>DE02</BANKACCTFROM>';
  const list = `<BANKTRANLIST>${transactions.join('')}</BANKTRANLIST>`;
  const file = `OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>EUR${account}${list}</STMTRS></OFX>`;
  const { purchases } = await readPurchases(file, 'EUR');
  return purchases.map((purchase) => sourceKeyOf(purchase)?.toString('hex'));
}

describe('the key of a row by the id of its source', () => {
  it('is another one for each id', async () => {
    const [first, second, again] = await keysOf('A1', 'A10', 'A1');

    expect(first).toBeDefined();
    expect(second).not.toBe(first);
    expect(again).toBe(first);
  });

  it.each([
    ['one zero', '0'],
    ['zeros', '000000'],
    ['nothing', ''],
  ])('is none where a bank writes %s for every id', async (_what, id) => {
    expect(await keysOf(id, id)).toEqual([undefined, undefined]);
  });
});
