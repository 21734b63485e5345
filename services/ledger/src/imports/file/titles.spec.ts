import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import { fingerprintOf } from './fingerprint.ts';
import { rowParser } from './parse-row.ts';

const printsOf = async (text: string, mapping = {}) =>
  (await readPurchases(text, 'EUR', mapping)).purchases.map((purchase) => fingerprintOf(purchase).toString('hex'));

const textsOf = async (text: string, mapping = {}) =>
  (await readPurchases(text, 'EUR', mapping)).purchases.map(({ title, vendor, description }) => [
    ...[title, vendor, description],
  ]);

describe('the title of a purchase', () => {
  it.each([
    ...['title', 'Titel', 'Bezeichnung', 'what', 'subject', 'expense', 'narration', 'summary', 'product', 'Betreff'],
  ])('is what a column %s says', async (header) => {
    expect(await textsOf(`date,${header},amount\n2025-04-01,Taxi to airport,12.50\n`)).toEqual([
      ['Taxi to airport', '', ''],
    ]);
  });

  it('stands beside who was paid and what for', async () => {
    const text = 'date,title,vendor,description,amount\n2025-04-01,Taxi,Uber,to the airport,12.50\n';

    expect(await textsOf(text)).toEqual([['Taxi', 'Uber', 'to the airport']]);
    expect(await textsOf('date,title,description,amount\n2025-04-01,,to the airport,12.50\n')).toEqual([
      ['to the airport', '', ''],
    ]);
  });

  it('is no column of numbers', async () => {
    expect(await textsOf('date,product,merchant,amount\n2025-04-01,4711,Uber,12.50\n')).toEqual([['Uber', 'Uber', '']]);
  });

  it('is no product where something else says what was bought, as banks call their accounts so', async () => {
    const revolut = 'Type,Product,Started Date,Description,Amount,Fee,Currency,State,Balance';
    const row = 'CARD_PAYMENT,Current,2025-04-01 10:00:00,Uber,-12.50,0.00,EUR,COMPLETED,100.00';

    expect(await textsOf(`${revolut}\n${row}\n`)).toEqual([['Uber', '', '']]);
    expect(await printsOf(`${revolut}\n${row}\n`)).toEqual(['33ed04b10349a4b478027b6f545ae6c6']);
  });

  it.each(['Subject', 'Betreff', 'Produkt'])('is a %s only where its row has no other text', async (header) => {
    const rows = `2025-04-01,Ada,Taxi,12.50\n2025-04-02,,Lunch,12.50\n`;
    const plain = `2025-04-01,Ada,12.50\n`;

    expect(await textsOf(`date,name,${header},amount\n${rows}`)).toEqual([
      ['Ada', 'Ada', ''],
      ['Lunch', '', ''],
    ]);
    expect((await printsOf(`date,name,${header},amount\n${rows}`))[0]).toEqual(
      (await printsOf(`date,name,amount\n${plain}`))[0],
    );
  });

  it('can be said by a mapping', async () => {
    const text = 'date,Wofür,amount\n2025-04-01,Taxi,12.50\n';

    expect(await textsOf(text, { columns: { Wofür: 'title' } })).toEqual([['Taxi', '', '']]);
  });

  it('tells purchases apart that agree in all else', async () => {
    const row = (title: string) => `date,title,vendor,amount\n2025-04-01,${title},Uber,12.50\n`;

    expect(await printsOf(row('Taxi'))).not.toEqual(await printsOf(row('Lunch')));
    expect(await printsOf(row('taxi '))).toEqual(await printsOf(row('Taxi')));
  });

  it('that is the merchant again makes no other purchase of it', async () => {
    const before = await printsOf('date,merchant,amount\n2025-04-01,Uber,12.50\n');

    expect(await printsOf('date,title,merchant,amount\n2025-04-01,Uber,Uber,12.50\n')).toEqual(before);
  });
});

describe('a purchase of which no text is understood', () => {
  const row = (text: string) => `date,Wofür,amount\n2025-04-01,${text},12.50\n`;

  it('is told apart by the cells that are not, in whatever order they stand', async () => {
    expect(await printsOf(row('Taxi'))).not.toEqual(await printsOf(row('Lunch')));
    const two = await printsOf('date,Wofür,Wohin,amount\n2025-04-01,Taxi,Graz,12.50\n');
    expect(await printsOf('Wohin;amount;date;Wofür\nGraz;12,50;01.04.2025;taxi\n')).toEqual(two);
  });

  it('of a file that was read before that was so is what it was', async () => {
    const [told, untold] = await Promise.all([readPurchases(row('Taxi'), 'EUR'), readPurchases(row(''), 'EUR')]);

    const [purchase] = told.purchases;
    expect(purchase?.unread).toEqual(['Taxi']);
    const parse = rowParser({ ...told.format, version: 1 }, { today: '2025-06-15', tenantCurrency: 'EUR' });
    const before = parse(['2025-04-01', 'Taxi', '12.50']);
    expect('purchase' in before && fingerprintOf(before.purchase)).toEqual(fingerprintOf(untold.purchases[0]!));
  });

  it('is counted, and what was ignored is named', async () => {
    const text = 'date,Wofür,Balance,Nr.,amount\n2025-04-01,Taxi,1.00,7,12.50\n,,,,\n2025-04-02,,,,1.00\n';

    expect((await readPurchases(text, 'EUR')).format).toMatchObject({ ignored: ['Wofür'], untitled: 2 });
    const { format } = await readPurchases(text, 'EUR', { columns: { Wofür: null }, defaults: { category: 'x' } });
    expect(format).toMatchObject({ ignored: [], untitled: 0 });
  });
});
