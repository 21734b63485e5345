import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../../test/read-purchases.ts';

const detail = (amount: string, name: string, { currency = 'EUR', direction = '' } = {}) =>
  `<TxDtls><Refs><AcctSvcrRef>${name}-1</AcctSvcrRef></Refs><Amt Ccy="${currency}">${amount}</Amt>` +
  `${direction && `<CdtDbtInd>${direction}</CdtDbtInd>`}<RltdPties><Cdtr><Nm>${name}</Nm></Cdtr></RltdPties>` +
  `<RmtInf><Ustrd>for ${name}</Ustrd></RmtInf></TxDtls>`;

/** What is booked of a statement with one entry. */
async function booked(amount: string, details: string[], { currency = 'EUR', information = '' } = {}) {
  const file =
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Acct><Id><IBAN>DE02</IBAN></Id>' +
    `</Acct><Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2025-01-07</Dt></BookgDt>` +
    `<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls>${details.join('')}</NtryDtls>` +
    `${information && `<AddtlNtryInf>${information}</AddtlNtryInf>`}</Ntry></Stmt></BkToCstmrStmt></Document>`;
  const { purchases, refused } = await readPurchases(file, currency, { credits: 'refund' });
  expect(refused).toEqual([]);
  return purchases.map(({ title, amount: paid, sourceId }) => [
    title,
    `${paid.amountMinor} ${paid.currency}`,
    sourceId,
  ]);
}

describe('an entry of several payments', () => {
  it('is booked as its payments where they come to its sum', async () => {
    expect(await booked('100.00', [detail('60.0', 'Ada'), detail('40', 'Bob')])).toEqual([
      ['Ada', '6000 EUR', 'Ada-1'],
      ['Bob', '4000 EUR', 'Bob-1'],
    ]);
  });

  it('is booked as its payments where some of them came back', async () => {
    const details = [detail('60.00', 'Ada'), detail('10.00', 'Bob', { direction: 'CRDT' })];

    expect(await booked('50.00', details)).toEqual([
      ['Ada', '6000 EUR', 'Ada-1'],
      ['for Bob', '-1000 EUR', 'Bob-1'],
    ]);
  });

  it('is booked as one where the bank took more than they come to', async () => {
    expect(await booked('102.00', [detail('60.00', 'Ada'), detail('40.00', 'Bob')])).toEqual([
      ['for Ada for Bob', '10200 EUR', 'R1'],
    ]);
  });

  it('is booked as one where they are in another currency than was charged', async () => {
    const details = [detail('60.00', 'Ada'), detail('40.00', 'Ada')];

    expect(await booked('102.00', details, { currency: 'USD', information: 'Two payments' })).toEqual([
      ['Ada', '10200 USD', 'R1'],
    ]);
  });

  it('is booked as one where one of them is in another currency, though the numbers come to its sum', async () => {
    const details = [detail('60.00', 'Ada', { currency: 'USD' }), detail('40.00', 'Bob')];

    expect(await booked('100.00', details, { information: 'Two payments' })).toEqual([
      ['Two payments', '10000 EUR', 'R1'],
    ]);
  });
});
