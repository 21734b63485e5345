import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import { fingerprintOf, sourceKeyOf } from './fingerprint.ts';

const months = 'purchase-cards/purchase-card-transactions-';

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

describe('the fingerprint of a row', () => {
  // Told by the first version: another one would book a file again that came before.
  it.each([
    ['GBP', 'exports/council-mixed.csv', '3aed8652aa09b890d76e5a4856f03b8945e0d79e809d082917639cf5efe78811'],
    ['USD', 'exports/us-card.csv', '7c6c4919d608781fd4c380f574eb4ba5d705be88502af4d221f50b19dc48c922'],
    ['EUR', 'exports/german-bank.csv', 'a1d5ed082fe0c41eb6cdf11f24c3ad7b4361bd4c5740d9551f49520cf669f264'],
    ['CHF', 'exports/swiss-card.csv', '3e7ee531a482f2c1800bbd52c401ae2bf5d650afd5cf3a75ff258b8a4be92633'],
    ['USD', 'exports/iso-pipe.csv', 'ebc010f7236584cf2e05f2f85acdc580805958f4c4c0ef1ddcc91e8fa095f221'],
    ['PLN', 'exports/tab-utf16.txt', '7f8757404b0602aa1779b9e51fa117f7b77d26df613c9af6ba5731c6b44f0e63'],
    ['EUR', 'statements/bank.ofx', '5cee5b4013a8c7481c95481786edaaf0f6c438cc616162dbae1f548acac29a1a'],
    ['USD', 'statements/card.ofx', '1c652bd6ffea59b58ac027f28a8eb311e99a746ed1eec3036ee955c04a72a057'],
    ['EUR', 'statements/camt053.xml', '6754045fbc739c8798899975d3bcc3e4aff5204eee4e09d9e0ec770ba6d6aa52'],
    ['GBP', `${months}201612.csv`, '72dc7fab97990f061f3f030ceaa83f5dc64265d3598132ead5457a06df7b8c89'],
    ['GBP', `${months}201701.csv`, '96b17f9ca4715b8e6e93f27f1a1c2a5f5288e92b07f638ffb5454c1a4b0c4af3'],
    ['GBP', `${months}201705.csv`, 'b78a96e08bc474a5a3170593a397c88ac32fbe0e0e105959bda6b6880bf8ddfe'],
    ['GBP', `${months}201709.csv`, '18fe8bd666cffbad996e7f1652b2eea9cac9043468a44ee81d815c8147be5e55'],
  ])('is what it has always been, in books of %s, for each of %s', async (currency, name, expected) => {
    const file = await readFile(new URL(`../../../test/fixtures/${name}`, import.meta.url));
    const prints = createHash('sha256');

    const { purchases } = await readPurchases(file, currency);

    for (const purchase of purchases) prints.update(fingerprintOf(purchase).toString('hex'));
    expect(prints.digest('hex')).toBe(expected);
  });
});

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
    ['that there is none', 'NONREF'],
    ['what ISO 20022 has for none', 'NOTPROVIDED'],
  ])('is none where a bank writes %s for every id', async (_what, id) => {
    expect(await keysOf(id, id)).toEqual([undefined, undefined]);
  });
});
