import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { isDomainError } from '@outlay/platform';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { decodeText } from './decode-text.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type ParsedRow, type Purchase, rowParser } from './parse-row.ts';
import { readRows } from './read-rows.ts';
import { recogniseFile } from './recognise-file.ts';
import { recogniseHead } from './recognise-head.ts';

const today = '2025-06-15';

/** Reads a whole file as an import does. */
async function read(file: string | Buffer, tenantCurrency = 'GBP') {
  const chunks = [Buffer.from(file)];
  const open = async function* () {
    yield* chunks;
  };
  const { format, rowsTotal } = await recogniseFile(open, recogniseHead(chunks), { today, currency: tenantCurrency });
  const parse = rowParser(format, { today, tenantCurrency });
  const rows: ({ line: number } & ParsedRow)[] = [];
  for await (const { line, cells } of readRows(decodeText(open(), format.encoding), format)) {
    if (line > format.headerLine) rows.push({ line, ...parse(cells) });
  }
  expect(rows).toHaveLength(rowsTotal);
  const purchases = rows.flatMap((row) => ('purchase' in row ? [row.purchase] : []));
  const refused = rows.flatMap((row) => ('fault' in row ? [[row.line, row.fault.column, row.fault.code]] : []));
  return { format, rows, purchases, refused };
}

const fixture = (name: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../../../test/fixtures/exports/${name}`, import.meta.url)));

const money = ({ expenseDate, amount, booked, vendor }: Purchase) => [
  expenseDate,
  `${amount.amountMinor} ${amount.currency}`,
  `${booked!.amountMinor} ${booked!.currency}`,
  vendor,
];

describe('rows that are no spending', () => {
  it('are the payments of a card in a column of sales and returns, whose signs tell those of other words', async () => {
    const { purchases, refused, format } = await read(
      [
        'Transaction Date,Post Date,Description,Category,Type,Amount',
        ...['01/05/2024,01/06/2024,PENS,Office,Sale,-12.30', '01/16/2024,01/17/2024,PAPER,Office,Sale,-9.00'],
        ...['01/18/2024,01/18/2024,THANKS,,Payment,100.00', '01/19/2024,01/19/2024,PAPER,Office,Return,9.00'],
        ...['01/20/2024,01/20/2024,LATE,,Adjustment,-2.00', ''],
      ].join('\n'),
      'USD',
    );

    expect(format.signs.amount).toBe(-1);
    expect(purchases.map(({ title, amount }) => [title, amount.amountMinor])).toEqual([
      ...[
        ['PENS', 1_230n],
        ['PAPER', 900n],
        ['PAPER', -900n],
        ['LATE', 200n],
      ],
    ]);
    expect(refused).toEqual([[4, 'Amount', 'income']]);
  });

  it.each([
    ['State', 'PENDING', 'COMPLETED'],
    ['Info', 'Umsatz vorgemerkt', 'Umsatz gebucht'],
  ])('are those the bank has not booked: %s %s', async (header, pending, booked) => {
    const { purchases, rows } = await read(
      `Date,Description,Amount,${header}\n2024-01-02,tea,4.20,${booked}\n2024-01-03,ink,9.00,${pending}\n`,
    );

    expect(purchases.map(({ title }) => title)).toEqual(['tea']);
    expect(rows[1]).toMatchObject({ isSkipped: true, fault: { code: 'not_booked', column: header } });
  });
});

describe('what comes into a bank account', () => {
  const kept = async (...lines: string[]) => {
    const { purchases, refused, format } = await read(`${lines.join('\n')}\n`);
    const skipped = refused.flatMap(([line, , code]) => (code === 'income' ? [line] : []));
    return { spent: purchases.map(({ amount }) => Number(amount.amountMinor)), skipped, credits: format.credits };
  };
  const debits = [
    '2024-01-03,rent,-800.00',
    '2024-01-04,tea,-4.20',
    '2024-01-05,ink,-9.00',
    '2024-01-06,bus,-2.00',
  ].concat('2024-01-07,pen,-1.00');

  it('is no spending where balances stand beside the amounts', async () => {
    expect(
      await kept(
        'Date,Description,Amount,Balance',
        ...['2024-01-02,SALARY,3000.00,3100.00', '2024-01-03,rent,-800.00,2300.00', '2024-01-04,tea,-4.20,2295.80'],
      ),
    ).toEqual({ spent: [80_000, 420], skipped: [2], credits: 'skip' });
  });

  it('is no spending where as much comes in as goes out, or more, and balances tell the account', async () => {
    expect(
      await kept(
        'Date,Description,Amount,Balance',
        ...['2024-01-02,invoice 1,300.00,400.00', '2024-01-03,invoice 2,80.00,480.00', '2024-01-04,tea,-4.20,475.80'],
      ),
    ).toMatchObject({ spent: [420], skipped: [2, 3] });
  });

  it('is no spending in a statement with IBANs, but for what its text calls a refund', async () => {
    expect(
      await kept(
        'Buchungstag;IBAN;Verwendungszweck;Betrag',
        ...['02.01.24;DE02;Gehalt;3000,00', '03.01.24;DE02;Miete;-800,00', '04.01.24;DE02;Tinte;-9,00'],
        '05.01.24;DE02;Erstattung Tinte;9,00',
      ),
    ).toEqual({ spent: [80_000, 900, -900], skipped: [2], credits: 'skip' });
  });

  it.each([
    ['with a balance', 'Date,Description,Debit,Credit,Balance', ',1.00'],
    ['as a bank calls them', 'Date,Description,Withdrawals,Deposits,Note', ','],
    ['by their sum', 'Date,Description,Debit,Credit,Note', ','],
  ])('is no spending in columns of its own, %s', async (_how, header, rest) => {
    const lines = ['2024-01-02,salary,,3000.00', '2024-01-03,rent,800.00,', '2024-01-04,tea,4.20,'].concat([
      ...['2024-01-05,ink,9.00,', '2024-01-06,bus,2.00,'],
    ]);

    expect(await kept(header, ...lines.map((line) => line + rest))).toMatchObject({ skipped: [2], credits: 'skip' });
  });

  it('is no spending where it says so beside the amount', async () => {
    const { skipped, spent } = await kept(
      'Datum,Naam / Omschrijving,Rekening,Af Bij,Bedrag (EUR),Saldo na mutatie',
      ...['20240102,werkgever,NL01,Bij,3000.00,3100.00', '20240103,huur,NL01,Af,800.00,2300.00'],
    );
    expect({ skipped, spent }).toEqual({ skipped: [2], spent: [80_000] });
  });

  it('is no spending beside balances, though the bank calls a purchase by card what cards call it', async () => {
    const { skipped, spent } = await kept(
      'Date,Type,Description,Amount,Balance',
      ...['2024-01-02,Transfer,Ada,3000.00,3100.00', '2024-01-03,Purchase,rent,-800.00,2300.00'],
      ...['2024-01-04,Purchase,tea,-4.20,2295.80', '2024-01-05,Refund,tea,4.20,2300.00'],
    );
    expect({ skipped, spent }).toEqual({ skipped: [2], spent: [80_000, 420, -420] });
  });

  it('is told by its sum where nothing else does', async () => {
    expect(await kept('Date,Description,Amount', '2024-01-02,salary,3000.00', ...debits)).toMatchObject({
      spent: [80_000, 420, 900, 200, 100],
      skipped: [2],
    });
  });

  it.each([
    ['a few of them', 'Date,Description,Amount', ['2024-01-02,ink,9.00']],
    ['of a card', 'Date,Card Number,Amount', ['2024-01-02,**1,3000.00']],
  ])('is a refund in a file of purchases: %s', async (_what, header, credits) => {
    expect(await kept(header, ...credits, ...debits)).toMatchObject({ skipped: [], credits: 'refund' });
  });

  it('is a refund in a file that lists what was spent as positive, whatever stands beside it', async () => {
    const lines = ['2024-01-02,rent,800.00,GB01', '2024-01-03,tea,4.20,GB01', '2024-01-04,back,-800.00,GB01'];

    expect(await kept('Date,Description,Amount,IBAN', ...lines)).toEqual({
      ...{ spent: [80_000, 420, -80_000], skipped: [], credits: 'refund' },
    });
  });
});

describe('negative amounts', () => {
  it.each(['-12.30', '12.30-', '(12.30)', '12.30 CR', '−12.30'])('are refunds: %s', async (cell) => {
    const { purchases } = await read(`Date,Description,Amount\n2024-01-02,tea,4.20\n2024-01-03,ink,${cell}\n`);
    expect(purchases.map(({ amount }) => amount.amountMinor)).toEqual([420n, -1_230n]);
  });
});

describe('a file of purchases', () => {
  it('of the same series with other columns and all kinds of damage is read row by row', async () => {
    const { purchases, refused } = await read(await fixture('council-mixed.csv'));

    expect(purchases.map(money)).toEqual([
      ['2015-07-05', '125000 GBP', '125000 GBP', 'office depot'],
      ['2015-07-06', '1250 GBP', '1250 GBP', 'the bakers dozen'],
      ['2015-07-07', '-3510 GBP', '-3510 GBP', 'office depot'],
      ['2015-07-08', '-700 GBP', '-700 GBP', 'smith "the grocer" & sons'],
    ]);
    expect(purchases.map(({ category, project, tags }) => [category, project, tags])).toEqual([
      ['Stationery', 'Library Service', ['Local Services']],
      ['Purchases Food', 'Library Service', []],
      ['Stationery', '', ['Local Services']],
      ['', 'Library Service', ['Local Services']],
    ]);
    expect(refused).toEqual([
      [8, '', 'row_empty'],
      [9, 'Trans Date', 'date_invalid'],
      [10, 'Original Gross Amt', 'amount_invalid'],
      [11, '', 'row_too_short'],
      [12, '', 'row_too_long'],
      [13, 'Original Gross Amt', 'amount_zero'],
      [14, 'Trans Date', 'date_invalid'],
    ]);
  });

  it('of an American card has the month first, and debits and credits in two columns', async () => {
    const { purchases, refused, format } = await read(await fixture('us-card.csv'), 'USD');
    expect(format).toMatchObject({ headerLine: 4, dates: { text: 'MM/DD/YYYY' } });
    expect(purchases.map(({ title }) => title)).toEqual([
      'OFFICE SUPPLY CO',
      'OFFICE SUPPLY CO',
      'CLOUD HOSTING, INC.',
    ]);
    expect(purchases.map(money)).toEqual([
      ['2024-01-05', '4599 USD', '4599 USD', ''],
      ['2024-01-12', '-4599 USD', '-4599 USD', ''],
      ['2024-01-25', '123450 USD', '123450 USD', ''],
    ]);
    expect(purchases[0]).toMatchObject({ account: { name: '4242', kind: 'card' }, category: 'Merchandise' });
    expect(refused).toEqual([]);
  });

  it('of a German bank shows what left the account as spent', async () => {
    const { purchases, format } = await read(await fixture('german-bank.csv'), 'EUR');
    expect(format).toMatchObject({ encoding: 'windows-1252', decimalMark: ',', dates: { text: 'DD.MM.YY' } });
    expect(purchases.map(money)).toEqual([
      ['2024-01-31', '123456 EUR', '123456 EUR', 'Bäckerei Müller'],
      ['2024-02-02', '1250 EUR', '1250 EUR', 'Papier & Co'],
      ['2024-02-05', '-250 EUR', '-250 EUR', 'Papier & Co'],
    ]);
    expect(purchases[0]).toMatchObject({
      account: { name: 'DE02120300000000202051', kind: 'bank' },
      description: 'Büromaterial Größe M\nKARTENZAHLUNG',
    });
  });

  it('of a Swiss card keeps what was paid and what was charged', async () => {
    const { purchases } = await read(await fixture('swiss-card.csv'), 'CHF');
    expect(purchases.map(money)).toEqual([
      ['2023-02-03', '1250 CHF', '1250 CHF', 'Café Zürich'],
      ['2023-02-04', '124000 EUR', '121520 CHF', 'Bürobedarf Basel'],
      ['2023-02-05', '-31000 EUR', '-30380 CHF', 'Hôtel du Lac'],
    ]);
    expect(purchases.map(({ rate }) => rate)).toEqual([
      { rate: '1', source: 'identity', date: '2023-02-03' },
      { rate: '0.98', source: 'billed', date: '2023-02-04' },
      { rate: '0.98', source: 'billed', date: '2023-02-05' },
    ]);
  });

  it('may be UTF-16 with tabs', async () => {
    const { purchases } = await read(await fixture('tab-utf16.txt'), 'PLN');
    expect(purchases.map(money)).toEqual([
      ['2023-11-02', '4500 PLN', '4500 PLN', 'Łódź Taxi'],
      ['2023-11-03', '320 PLN', '320 PLN', 'Café'],
    ]);
  });

  it('may have instants, lower-case currencies, four decimals and lists of tags', async () => {
    const { purchases } = await read(await fixture('iso-pipe.csv'), 'USD');
    expect(purchases.map(money)).toEqual([
      ['2024-03-09', '1999 USD', '1999 USD', 'Acme Hosting'],
      ['2024-03-10', '1999 USD', '1999 USD', 'Acme Hosting'],
    ]);
    expect(purchases[0]).toMatchObject({ tags: ['cloud', 'hosting'], reference: 't1' });
  });

  it('may hold quotes that quote nothing', async () => {
    const rows = ['Date;Merchant;Amount', '01/02/24;"north" cafe;1.00', '02/02/24;"south;2.00', '03/02/24;east";3.00'];
    const { purchases, format } = await read(`${rows.join('\n')}\n`);
    expect(format.quoting).toBe('none');
    expect(purchases.map(({ vendor }) => vendor)).toEqual(['"north" cafe', '"south', 'east"']);
  });

  it('may hold text of several lines with delimiters in it', async () => {
    const { purchases, format } = await read('Date,Merchant,Amount\n01/02/24,"shop, street,\ncity, country",1.00\n');
    expect(format.quoting).toBe('double');
    expect(purchases.map(({ vendor }) => vendor)).toEqual(['shop, street, city, country']);
  });

  it('with a header alone has no rows', async () => {
    expect((await read('Date;Merchant;Amount\n')).rows).toEqual([]);
  });
});

describe('the amount of a row', () => {
  const header = 'Date,Original Amt,Original Cur,Billing Amt,Billing Cur,Merchant\n';
  const one = async (row: string, currency?: string) => {
    const { purchases, rows } = await read(`${header}2024-01-02,${row},shop\n`, currency);
    const [row0] = rows;
    return purchases[0] ? money(purchases[0]).slice(1, 3) : row0 && 'fault' in row0 ? row0.fault : undefined;
  };

  it('is what was charged in the currency of the books', async () => {
    expect(await one('10.00,EUR,8.97,GBP')).toEqual(['1000 EUR', '897 GBP']);
    expect(await one('10.00,GBP,10.25,GBP')).toEqual(['1025 GBP', '1025 GBP']);
    expect(await one(',,8.97,GBP')).toEqual(['897 GBP', '897 GBP']);
    expect(await one('10.00,GBP,,')).toEqual(['1000 GBP', '1000 GBP']);
    expect(await one('10.00,,10.00,')).toEqual(['1000 GBP', '1000 GBP']);
    expect(await one('1000,JPY,5.30,GBP')).toEqual(['1000 JPY', '530 GBP']);
    expect(await one('10.00,978,8.97,826')).toEqual(['1000 EUR', '897 GBP']);
  });

  it('is left to a rate where the row does not say what it was in the currency of the books', async () => {
    const { purchases } = await read(`${header}2024-01-02,10.00,EUR,,,a\n2024-01-02,10.00,EUR,9.00,USD,b\n`);

    expect(purchases.map(({ amount, booked, rate, amountColumn }) => [amount, booked, rate, amountColumn])).toEqual([
      [{ currency: 'EUR', amountMinor: 1_000n }, undefined, undefined, 'Original Amt'],
      [{ currency: 'USD', amountMinor: 900n }, undefined, undefined, 'Billing Amt'],
    ]);
  });

  it.each([
    [',,,', 'amount_missing', 'Original Amt'],
    ['#N/A,EUR,-,GBP', 'amount_missing', 'Original Amt'],
    ['0.00,GBP,0.00,GBP', 'amount_zero', 'Billing Amt'],
    ['10.00,EUR,0.00,GBP', 'amount_zero', 'Billing Amt'],
    ['10.00,EUR,-8.97,GBP', 'amount_invalid', 'Billing Amt'],
    ['ten,EUR,8.97,GBP', 'amount_invalid', 'Original Amt'],
    ['12%ofx,EUR,8.97,GBP', 'amount_invalid', 'Original Amt'],
    ['10.00,XQX,8.97,GBP', 'currency_unknown', 'Original Cur'],
    ['10.005,EUR,8.97,GBP', 'amount_too_precise', 'Original Amt'],
    ['10.50,JPY,8.97,GBP', 'amount_too_precise', 'Original Amt'],
    ['99999999999999.00,EUR,8.97,GBP', 'amount_too_large', 'Original Amt'],
    ['9999999999999999999999.00,EUR,8.97,GBP', 'amount_too_large', 'Original Amt'],
  ])('is refused: %s is %s', async (row, code, column) => {
    expect(await one(row)).toMatchObject({ code, column });
  });

  it('has the sign that a direction column gives it', async () => {
    const { purchases } = await read('Date,Merchant,Amount,Dr/Cr\n2024-01-02,a,5.00,D\n2024-01-03,b,-6.00,Credit\n');
    expect(purchases.map(({ booked }) => booked!.amountMinor)).toEqual([500n, -600n]);
  });

  it('is spent where a statement with balances shows it leaving', async () => {
    const statement = 'Date,Description,Amount,Balance\n2024-01-02,a,-5.00,95.00\n2024-01-03,b,-6.00,89.00\n';
    expect((await read(statement)).purchases.map(({ booked }) => booked!.amountMinor)).toEqual([500n, 600n]);
    const plain = 'Date,Description,Amount\n2024-01-02,a,-5.00\n2024-01-03,b,-6.00\n';
    expect((await read(plain)).purchases.map(({ booked }) => booked!.amountMinor)).toEqual([500n, 600n]);
  });

  it('is spent where hardly any is positive, as so many refunds there are not', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => `2024-01-1${index},shop,-${index + 1}.00`);
    const { purchases } = await read(['Date,Merchant,Amount', ...rows, '2024-01-20,shop,2.00', ''].join('\n'));
    expect(purchases.map(({ booked }) => booked!.amountMinor)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => BigInt(n) * 100n),
      -200n,
    ]);
  });

  it('is none where no money was moved', async () => {
    const { refused } = await read(
      'Date,Merchant,Amount,Status\n2024-01-02,a,5.00,DECLINED\n2024-01-03,b,6.00,Completed\n',
    );
    expect(refused).toEqual([[2, 'Status', 'not_completed']]);
  });
});

describe('the text of a row', () => {
  it('with a character that cannot be stored is refused', async () => {
    const { refused } = await read('Date,Merchant,Amount\n2024-01-02,a\u0000b,5.00\n');
    expect(refused).toEqual([[2, 'Merchant', 'text_invalid']]);
  });

  it('that is too long for a name is refused, for a title is cut', async () => {
    const long = 'x'.repeat(201);
    expect((await read(`Date,Merchant,Amount\n2024-01-02,${long},5.00\n`)).refused).toEqual([
      [2, 'Merchant', 'text_too_long'],
    ]);
    const { purchases } = await read(`Date,Description,Amount\n2024-01-02,${long},5.00\n`);
    expect(purchases[0]).toMatchObject({ title: `${'x'.repeat(199)}…`, description: long });
  });

  it('is the account that paid, not the one that was paid', async () => {
    const payees = Array.from({ length: 6 }, (_, index) => `2024-01-1${index};shop;1.00;DE0${index}`);
    const { purchases } = await read(['Date;Payee;Amount;IBAN', ...payees, ''].join('\n'));
    expect(purchases.map(({ account }) => account)).toEqual(Array.from({ length: 6 }, () => undefined));
    const own = payees.map((row) => row.replace(/DE0\d/, 'DE01'));
    const paid = (await read(['Date;Payee;Amount;IBAN', ...own, ''].join('\n'))).purchases;
    expect(paid.map(({ account }) => account?.name)).toEqual(Array.from({ length: 6 }, () => 'DE01'));
  });

  it('never keeps a whole card number', async () => {
    const { purchases } = await read(
      'Date,Card Number,Amount\n2024-01-02,4111 1111 1111 1111,5.00\n2024-01-02,************1111,5.00\n',
    );
    expect(purchases.map(({ account }) => account?.name)).toEqual(['411111******1111', '************1111']);
  });
});

describe('the fingerprint of a row', () => {
  const prints = async (file: string | Buffer) =>
    (await read(file)).purchases.map((purchase) => fingerprintOf(purchase).toString('hex'));

  it('is the same in another encoding, with another delimiter, in another order of columns', async () => {
    const original = await prints('Date;Merchant;Amount;Category\n03/01/17;Café Größe;1,250.00;Food\n');
    expect(
      await prints(iconv.encode('Date;Merchant;Amount;Category\n03/01/17;Café Größe;1,250.00;Food\n', 'windows-1252')),
    ).toEqual(original);
    expect(await prints('Category\tAmount\tDate\tMerchant\nfood\t"1250,0"\t2017-01-03\tcafé  größe\n')).toEqual(
      original,
    );
  });

  it('differs where any part of the purchase does', async () => {
    const all = await prints(
      [
        'Date;Merchant;Amount;Category;Card;VAT',
        '03/01/17;a;1.00;x;1;VR',
        '04/01/17;a;1.00;x;1;VR',
        '03/01/17;b;1.00;x;1;VR',
      ]
        .concat([
          '03/01/17;a;1.01;x;1;VR',
          '03/01/17;a;-1.00;x;1;VR',
          '03/01/17;a;1.00;y;1;VR',
          '03/01/17;a;1.00;x;2;VR',
        ])
        .concat(['03/01/17;a;1.00;x;1;VZ', ''])
        .join('\n'),
    );
    expect(new Set(all).size).toBe(8);
  });
});

describe('any file whatever', () => {
  const headers = [
    'Date',
    'Merchant',
    'Amount',
    'Currency',
    'Billing Amount',
    'Category',
    'Card',
    'Tags',
    'Description',
  ];
  const cell = fc.oneof(
    fc.constantFrom(
      '01/02/17',
      '2017-13-01',
      '12.50',
      '-1,000.00',
      '(3)',
      'EUR',
      'GBP',
      '',
      '"',
      '\u0000',
      '\ud800',
      ' ',
    ),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ maxLength: 30 }),
  );

  const bookable = fc.tuple(
    fc.constantFrom('01/02/17', '2017-03-04'),
    cell,
    fc.constantFrom('12.50', '-1,000.00', '(3)', ''),
    fc.constantFrom('EUR', 'GBP', ''),
    fc.constantFrom('7.25', '-7.25', ''),
    ...[cell, cell, cell, cell],
  );

  it('gives for each row a purchase that can be stored or a fault that can', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.array(cell, { maxLength: 11 }), bookable), { maxLength: 8 }),
        fc.constantFrom(';', ',', '\t', '|'),
        fc.boolean(),
        async (cells, delimiter, isQuoted) => {
          const write = (text: string) => (isQuoted ? `"${text.replaceAll('"', '""')}"` : text);
          const file = [headers, ...cells].map((row) => row.map(write).join(delimiter)).join('\n');
          const result = await read(Buffer.from(`\ufeff${file}`, 'utf16le')).catch((error: unknown) => {
            if (isDomainError(error, 'invalid')) return { rows: [] };
            throw error;
          });
          for (const row of result.rows) {
            const json = JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
            expect(json).not.toMatch(/\\u0000|\\ud[89a-f]/i);
            if (!('purchase' in row)) continue;
            const { title, category, account, tags, amount, booked, rate } = row.purchase;
            expect(title.length).toBeGreaterThan(0);
            expect(title.length).toBeLessThanOrEqual(200);
            expect(Math.max(category.length, account?.name.length ?? 0)).toBeLessThanOrEqual(200);
            for (const tag of tags) expect(tag.length).toBeLessThanOrEqual(50);
            expect(amount.amountMinor).not.toBe(0n);
            // What is not known in the tenant's currency waits for a rate.
            expect(booked === undefined).toBe(rate === undefined);
            if (booked) expect(booked.amountMinor > 0n).toBe(amount.amountMinor > 0n);
            expect(booked?.currency ?? 'GBP').toBe('GBP');
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
