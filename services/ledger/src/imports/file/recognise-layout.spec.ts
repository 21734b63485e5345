import { describe, expect, it } from '@jest/globals';
import { recogniseLayout } from './recognise-layout.ts';

const fieldsOf = (head: string): Record<string, string> => {
  const recognised = recogniseLayout(head);
  if ('faults' in recognised) throw new Error(recognised.faults.join());
  return Object.fromEntries(recognised.layout.columns.map((column) => [column.header, column.field]));
};

describe('the layout of a file', () => {
  it.each([
    [';', 'TRANS DATE; ORIGINAL GROSS AMT; MERCHANT NAME\n03/01/17;1,072.61;a, b\n'],
    [',', 'TRANS DATE,ORIGINAL GROSS AMT,MERCHANT NAME\n03/01/17,"1,072.61","a; b"\n'],
    ['\t', 'TRANS DATE\tORIGINAL GROSS AMT\tMERCHANT NAME\n03/01/17\t1,072.61\ta; b\n'],
    ['|', 'TRANS DATE|ORIGINAL GROSS AMT|MERCHANT NAME\n03/01/17|1,072.61|a; b\n'],
  ])('has the delimiter %j', (delimiter, head) => {
    const recognised = recogniseLayout(head);
    expect(recognised).toMatchObject({ layout: { delimiter, headerLine: 1 } });
    expect(fieldsOf(head)).toEqual({
      'TRANS DATE': 'expense_date',
      'ORIGINAL GROSS AMT': 'original_amount',
      'MERCHANT NAME': 'vendor',
    });
  });

  it('finds the header below titles and blank lines', () => {
    const head = 'sep=,\n"Statement, of Jane\nDoe"\n\nAccount,1234\n\nDate,Description,Amount\n2024-01-02,Paper,1\n';
    expect(recogniseLayout(head)).toMatchObject({ layout: { delimiter: ',', headerLine: 7 } });
  });

  it('knows the columns of other months and other banks', () => {
    expect(
      fieldsOf(
        'trans date,Trans_Vat_Desc,"Billing  Gross Amt",Billing Cur Code,merchant,Card No.,Directorates,Cost Centre\n',
      ),
    ).toEqual({
      'trans date': 'expense_date',
      Trans_Vat_Desc: 'tax',
      'Billing  Gross Amt': 'billed_amount',
      'Billing Cur Code': 'billed_currency',
      merchant: 'vendor',
      'Card No.': 'account',
      Directorates: 'tags',
      'Cost Centre': 'project',
    });
    expect(
      fieldsOf('Buchungstag;Wertstellung;Zahlungsempfänger*in;Verwendungszweck;Betrag (€);Währung\n'),
    ).toMatchObject({
      Buchungstag: 'expense_date',
      'Zahlungsempfänger*in': 'vendor',
      Verwendungszweck: 'description',
      'Betrag (€)': 'amount',
      Währung: 'currency',
    });
    expect(fieldsOf('Date opération;Libellé;Débit;Crédit\n')).toEqual({
      'Date opération': 'expense_date',
      Libellé: 'description',
      Débit: 'debit',
      Crédit: 'credit',
    });
  });

  it('takes the best of several dates and amounts, whatever their order', () => {
    const headers = ['Posted Date', 'Transaction Date', 'Net Amount', 'Gross Amount'];
    const expected = { 'Transaction Date': 'expense_date', 'Gross Amount': 'amount' };
    expect(fieldsOf(`${headers.join(',')}\n`)).toEqual(expected);
    expect(fieldsOf(`${headers.toReversed().join(',')}\n`)).toEqual(expected);
  });

  it('lets the cells decide what a name of two meanings means', () => {
    expect(fieldsOf('Datum;Valuta;Bedrag\n1-2-2024;EUR;3,00\n')).toMatchObject({ Valuta: 'currency' });
    expect(fieldsOf('Valuta;Text;Betrag\n01.02.2024;x;3,00\n')).toMatchObject({ Valuta: 'expense_date' });
    expect(fieldsOf('Posting Date,Details,Description,Amount\n01/02/2024,DEBIT,x,-3\n')).toMatchObject({
      Details: 'direction',
    });
    expect(fieldsOf('Date,Details,Type,Amount\n01/02/2024,coffee,POS,-3\n')).toEqual({
      Date: 'expense_date',
      Details: 'description',
      Amount: 'amount',
    });
  });

  it('numbers columns of one name, and takes no name that is there', () => {
    expect(fieldsOf('Date,Text,Text,Text (2),Amount (EUR),Amount (EUR)\n')).toEqual({
      ...{ Date: 'expense_date', Text: 'description', 'Text (3)': 'description', 'Amount (EUR)': 'amount' },
    });
  });

  it('keeps the currency that a header names', () => {
    const recognised = recogniseLayout('Date,Amount (EUR),Fee GBP\n');
    expect(recognised).toMatchObject({
      layout: { columns: [{ field: 'amount', currency: 'EUR' }, { header: 'Date' }] },
    });
  });

  it('says what is missing', () => {
    expect(recogniseLayout('name,email\na,b\n')).toMatchObject({
      faults: ['date_column_missing', 'amount_column_missing'],
    });
    expect(recogniseLayout('date,email\na,b\n')).toMatchObject({ faults: ['amount_column_missing'] });
    expect(recogniseLayout('amount;email\n1;b\n')).toMatchObject({
      faults: ['date_column_missing'],
      header: ['amount', 'email'],
    });
    expect(recogniseLayout('')).toMatchObject({ faults: ['date_column_missing', 'amount_column_missing'] });
  });
});
