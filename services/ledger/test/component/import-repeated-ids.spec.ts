import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

/** A statement in OFX of bookings of an id and a text, of 5.00 each. */
const ofx = (...bookings: readonly (readonly [id: string, text: string])[]): string => {
  const list = bookings.map(
    ([id, text]) => `<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20250501<TRNAMT>-5.00<FITID>${id}<NAME>${text}</STMTTRN>`,
  );
  const account = '<BANKACCTFROM><ACCTID>X1</BANKACCTFROM>';
  return `OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>EUR${account}<BANKTRANLIST>${list.join('')}</BANKTRANLIST></STMTRS></OFX>`;
};

const tea = ['F1', 'tea'] as const;

const payment = (text: string, id = ''): string =>
  `<TxDtls>${id && `<Refs><AcctSvcrRef>${id}</AcctSvcrRef></Refs>`}<Amt Ccy="EUR">5.00</Amt>` +
  `<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls>`;

/** An entry in CAMT.053 of payments of 5.00 each. */
const entry = (...payments: readonly string[]): string =>
  `<Ntry><Amt Ccy="EUR">${payments.length * 5}.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2025-01-07</Dt></BookgDt>` +
  `<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls>${payments.join('')}</NtryDtls></Ntry>`;

const camt = (...entries: readonly string[]): string => {
  const statements = entries.map((one) => `<Stmt><Acct><Id><IBAN>DE02</IBAN></Id></Acct>${one}</Stmt>`).join('');
  return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>${statements}</BkToCstmrStmt></Document>`;
};

describe('a purchase that stands in a file twice under the id of its source', () => {
  it('is one, in the preview and in the books, and its second row a duplicate of it', async () => {
    const context = await driver.tenant('EUR');

    const seen = await driver.preview(context, ofx(tea, tea));
    const rowsSeen = await driver.rows(context, seen.id);
    const done = await driver.commit(context, seen.id);
    const rows = await driver.rows(context, done.id);

    expect(seen).toMatchObject({ fresh: 1, duplicates: 1, preview: { spent: { amountMinor: 500n } } });
    expect(rowsSeen.map(({ fate, expenseId }) => [fate, expenseId])).toEqual([
      ['new', ''],
      ['duplicate', ''],
    ]);
    expect(done).toMatchObject({ imported: 1, duplicates: 1 });
    expect(rows.map(({ fate }) => fate)).toEqual(['imported', 'duplicate']);
    expect(rows[1]!.expenseId).toBe(rows[0]!.expenseId);
    expect(await driver.spent(context)).toEqual({ tea: 500 });
  });

  it('adds nothing when either file comes after the other, and comes again when it was taken back', async () => {
    const context = await driver.tenant('EUR');

    const first = await driver.take(context, ofx(tea));
    expect(await driver.take(context, ofx(tea, tea))).toMatchObject({ imported: 0, duplicates: 2 });
    expect(await driver.take(context, ofx(tea))).toMatchObject({ imported: 0, duplicates: 1 });
    await driver.undo(context, first.id);

    expect(await driver.take(context, ofx(tea, tea))).toMatchObject({ imported: 1, duplicates: 1 });
    expect(await driver.spent(context)).toEqual({ tea: 500 });
  });

  it('is one wherever its rows stand, and fits a plan with a place for one', async () => {
    const context = await driver.tenant('EUR');
    const many = Array.from({ length: 1_100 }, (_, index) => [`G${index}`, `cup ${index}`] as const);
    await driver.admin.query('update ledger.tenants set entitlements = $2 where tenant_id = $1', [
      context.tenantId,
      JSON.stringify([{ metric: 'expenses_total', limit: '1101', mode: 'hard' }]),
    ]);

    const done = await driver.take(context, ofx(tea, ...many, tea, ...many));

    expect(done).toMatchObject({ imported: 1_101, duplicates: 1_101, refused: 0 });
    expect(Object.keys(await driver.spent(context))).toHaveLength(1_101);
  });

  it('is refused as often as it comes where it cannot be booked', async () => {
    const context = await driver.tenant('GBP');

    expect(await driver.take(context, ofx(tea, tea))).toMatchObject({ imported: 0, duplicates: 0, refused: 2 });
  });

  it('is another one under the same id where it says something else, also when it comes once more', async () => {
    const context = await driver.tenant('EUR');
    const file = ofx(tea, ['F1', 'coffee'], tea, ['F1', 'coffee']);

    const seen = await driver.preview(context, file);

    expect(seen).toMatchObject({ fresh: 2, duplicates: 2 });
    expect(await driver.commit(context, seen.id)).toMatchObject({ imported: 2, duplicates: 2 });
    expect(await driver.spent(context)).toEqual({ tea: 500, coffee: 500 });
  });

  it('is two where it has no id, as of a table or where a bank writes zeros', async () => {
    const context = await driver.tenant('EUR');

    expect(await driver.take(context, ofx(['0', 'tea'], ['0', 'tea']))).toMatchObject({ imported: 2, duplicates: 0 });
    const table = 'Date,Merchant,Amount\n2025-05-05,cake,1.00\n2025-05-05,cake,1.00\n';
    expect(await driver.take(context, table)).toMatchObject({ imported: 2, duplicates: 0 });
  });

  it('is one in a table with ids of its source', async () => {
    const table = 'Date,Merchant,Amount,FITID\n2025-05-05,x,1.00,K1\n2025-05-05,x,1.00,K1\n2025-05-06,y,2.00,K1\n';

    const done = await driver.take(await driver.tenant('EUR'), table);

    expect(done).toMatchObject({ imported: 2, duplicates: 1 });
  });

  it('adds nothing of the same bytes that are read without ids', async () => {
    const context = await driver.tenant('EUR');
    const table = 'Date,Merchant,Amount,FITID\n2025-05-05,x,1.00,K1\n2025-05-05,x,1.00,K1\n';
    await driver.take(context, table);

    const again = await driver.take(context, table, { mapping: { columns: { FITID: '' } } });

    expect(again).toMatchObject({ imported: 0, duplicates: 2 });
  });
});

describe('exports of ours that were put into one file', () => {
  const header =
    'id,expense_date,amount,currency,booked_amount,booked_currency,exchange_rate,rate_source,rate_date,title,description,category,' +
    'category_path,account,account_kind,account_currency,project,payment_method,tags,vendor,status,user_id,created_at';
  const row = (last: number, title: string): string =>
    `01a201af-828f-716f-94a4-1cd6efdd260${last},2025-01-01,10.00,EUR,10.00,EUR,1,identity,2025-01-01,${title},,,,,,,,,,,posted,,`;

  it('have each of their expenses once, though equal ones are several', async () => {
    const context = await driver.tenant('EUR');
    const file = [header, row(1, 'tea'), row(2, 'tea'), row(2, 'tea'), row(3, 'cake'), row(1, 'tea'), ''].join('\r\n');

    const seen = await driver.preview(context, file);

    expect(seen).toMatchObject({ fresh: 3, duplicates: 2, format: { kind: 'outlay' } });
    expect(await driver.commit(context, seen.id)).toMatchObject({ imported: 3, duplicates: 2 });
    expect(await driver.spent(context)).toEqual({ cake: 1_000, tea: 2_000 });
  });
});

describe('an entry of a bank with payments that are equal', () => {
  it.each([
    ['none of which has an id', [payment('tea'), payment('tea')]],
    ['that have the same id', [payment('tea', 'T1'), payment('tea', 'T1')]],
  ])('has as many of them, %s, once for each time it stands in the file', async (_what, payments) => {
    const context = await driver.tenant('EUR');

    const once = await driver.take(context, camt(entry(...payments)));
    const twice = await driver.take(context, camt(entry(...payments), entry(...payments)));
    const other = await driver.tenant('EUR');
    const anew = await driver.take(other, camt(entry(...payments), entry(...payments)));

    expect(once).toMatchObject({ imported: 2, duplicates: 0 });
    expect(twice).toMatchObject({ imported: 0, duplicates: 4 });
    expect(anew).toMatchObject({ imported: 2, duplicates: 2 });
    expect(await driver.spent(other)).toEqual({ tea: 1_000 });
  });
});
