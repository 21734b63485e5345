import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../../test/read-purchases.ts';

/** What is booked of an OFX transaction, and what is wrong with it. */
async function ofx(amount: string, name = 'tea') {
  const transaction = `<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20250501${amount}<FITID>1<NAME>${name}</STMTTRN>`;
  const account = '<BANKACCTFROM><ACCTID>X1</BANKACCTFROM>';
  const list = `<BANKTRANLIST>${transaction}</BANKTRANLIST>`;
  return outcome(`OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>EUR${account}${list}</STMTRS></OFX>`);
}

/** The same of an entry in CAMT.053. */
const camt = (amount: string, direction = '<CdtDbtInd>DBIT</CdtDbtInd>') =>
  outcome(
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Ntry>' +
      `${amount}${direction}<BookgDt><Dt>2025-01-07</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt></Document>`,
  );

async function outcome(file: string) {
  const { purchases, faults } = await readPurchases(file, 'EUR');
  return [
    ...purchases.map(({ title, amount }) => `${title}: ${amount.amountMinor}`),
    ...faults.map(({ code, column, reason }) => [code, column, reason]),
  ];
}

describe('an amount of a statement', () => {
  it('that is missing is one of the column that statements have', async () => {
    const missing = [['amount_missing', 'Amount', 'the row has no amount']];
    expect(await ofx('')).toEqual(missing);
    expect(await camt('')).toEqual(missing);
  });

  it.each([
    ['-1,234.56', 'tea: 123456'],
    ['-12,34', 'tea: 1234'],
    ['-1234.56', 'tea: 123456'],
  ])('in OFX may have commas: %s', async (amount, expected) => {
    expect(await ofx(`<TRNAMT>${amount}`)).toEqual([expected]);
  });

  it('in OFX is shown as it stands in the file where it is none', async () => {
    expect(await ofx('<TRNAMT>-1.234,56')).toEqual([['amount_invalid', 'Amount', '"1.234,56" is not an amount']]);
  });

  it('in CAMT.053 has no minus, as the entry says which way it went', async () => {
    expect(await camt('<Amt Ccy="EUR">-5.00</Amt>')).toEqual([
      ['amount_invalid', 'Amount', '"-5.00" has a minus, beside what says which way the money went'],
    ]);
  });

  it('in CAMT.053 is not booked where nothing says which way it went', async () => {
    expect(await camt('<Amt Ccy="EUR">5.00</Amt>', '')).toEqual([
      ['amount_invalid', 'Direction', 'the row does not say whether it is a debit or a credit'],
    ]);
  });
});

describe('a text in OFX', () => {
  it.each([
    ['A & B < C', 'A & B < C'],
    ['1 <2 and 3> 2', '1 <2 and 3> 2'],
    ['a &lt;b&gt;', 'a <b>'],
    ['less <', 'less <'],
  ])('may have signs that open no tag: %s', async (text, expected) => {
    expect(await ofx('<TRNAMT>-5.00', text)).toEqual([`${expected}: 500`]);
  });
});
