import type { ImportField } from '@outlay/contracts';

/**
 * Names by which exports call their columns, after normaliseHeader, the most telling first: where two columns of a file
 * carry the same field, the earlier name wins. Amounts before tax come last, as a card is charged with the tax.
 */
export const namesByField: Readonly<Record<ImportField, string>> = {
  expense_date: `
    transaction date, date of transaction, purchase date, date of purchase, expense date, spend date, kaufdatum,
    belegdatum, transaktionsdatum, umsatzdatum, date de transaction, date d achat, date de l operation,
    date operation, date op, transaktionsdag, transdag, date d operation, fecha de operacion, fecha operacion,
    fecha de la operacion, fecha transaccion, fecha de transaccion, data operazione, data transazione,
    data da transacao, data transakcji, data operacji, transactiedatum, date, datum, fecha, data, dato,
    date time, datetime, date and time, timestamp, started date, transaction date time, transaction time,
    created, created at, created date, invoice date, document date, booking date, booked date, date booked,
    buchungstag, buchungsdatum, buchung, date comptable, date de comptabilisation, data contabile, boekdatum,
    boekingsdatum, bokforingsdatum, bokforingsdag, bokfdag, bogforingsdato, fecha contable, data movimento,
    data mov, data lancamento, data ksiegowania, posting date, date posting, process date, processing date,
    settlement date, completed date, billing date, payment date, effective date, value date, valutadatum, valuta,
    wertstellung, wertstellungsdatum, date valeur, date de valeur, fecha valor, data valuta, data valor,
    rentedatum
  `,
  amount: `
    amount, gross amount, total amount, amount paid, expense amount, invoice amount, spend amount, line amount,
    amount gross, amount inc vat, amount incl vat, amount including vat, total inc vat, betrag, umsatz, montant,
    montant operation, importe, importo, bedrag, bedrag eur, belopp, belob, kwota, montante, gross, total, value,
    valor, sum, summe, somme, cantidad, spend, price, cost, paid, net amount, amount net, amount ex vat,
    amount excl vat, amount excluding vat, net
  `,
  original_amount: `
    original gross amount, original amount, transaction gross amount, transaction amount, local amount,
    amount foreign currency, foreign amount, foreign currency amount, source amount, merchant amount,
    amount in original currency, amount in foreign currency, amount in transaction currency, purchase amount,
    originalbetrag, fremdwahrungsbetrag, betrag fremdwahrung, betrag in fremdwahrung, montant devise,
    montant d origine, importe original, importe divisa, importo originale, importo in divisa,
    original net amount, transaction net amount
  `,
  billed_amount: `
    billing gross amount, billing amount, settlement amount, posting amount, charged amount, amount charged,
    amount billing, amount in billing currency, account amount, amount in account currency, converted amount,
    home amount, home currency amount, base amount, base currency amount, abrechnungsbetrag, belasteter betrag,
    montant facture, importe facturado, billing net amount
  `,
  debit: `
    debit, debit amount, amount debit, withdrawal, withdrawals, withdrawal amount, money out, paid out,
    amount out, outgoing, spent, soll, ausgabe, ausgaben, belastung, lastschrift, debito, cargo, cargos,
    addebito, addebiti, uscite, dare, uitgaven, uttag, obciazenia
  `,
  credit: `
    credit, credit amount, amount credit, deposit, deposits, deposit amount, money in, paid in, amount in,
    incoming, haben, gutschrift, einnahme, einnahmen, credito, abono, abonos, accredito, accrediti, entrate,
    avere, inkomsten, insattning, uznania
  `,
  currency: `
    currency, currency code, amount currency, wahrung, waehrung, devise, monnaie, divisa, moneda, munt, moeda,
    waluta, valuta, valutakod
  `,
  original_currency: `
    original currency, original currency code, transaction currency, transaction currency code, local currency,
    foreign currency, type foreign currency, source currency, merchant currency, purchase currency, fremdwahrung,
    originalwahrung, devise d origine, divisa original
  `,
  billed_currency: `
    billing currency, billing currency code, settlement currency, account currency, home currency, base currency,
    posting currency, charged currency, abrechnungswahrung, kontowahrung
  `,
  direction: `
    debit credit, credit debit, debit credit indicator, credit debit indicator, dr cr, cr dr, d c, dc indicator,
    direction, soll haben, soll haben kennzeichen, s h, af bij, sens, debit or credit, transaction type, type,
    details
  `,
  balance: `
    balance, running balance, account balance, balance after, balance after transaction, saldo, solde,
    kontostand, saldo nach buchung, saldo na mutatie, saldo na trn, account balance after, disponible
  `,
  status: `
    status, state, transaction status, transaction state, payment status, booking status, buchungsstatus, info
  `,
  title: `
    title, expense title, expense name, purchase title, titel, titre, intitule, titulo, titolo, what, bezeichnung,
    narration, summary, subject, betreff, asunto, oggetto, onderwerp, assunto, rubrik, gegenstand, objet, designation,
    expense, product, product name, artikel, produkt, produit, producto, prodotto, produto
  `,
  vendor: `
    merchant name, merchant, vendor name, vendor, supplier name, supplier, payee name, payee, beneficiary name, beneficiary, counterparty name,
    counterparty, merchant description, shop, store, retailer, paid to, partner name, handler, haendler,
    zahlungsempfanger, zahlungsempfanger in, beguenstigter zahlungspflichtiger, begunstigter zahlungspflichtiger,
    auftraggeber empfanger, empfanger, name zahlungsbeteiligter, commercant, fournisseur, beneficiaire, comercio,
    proveedor, beneficiario, esercente, fornitore, naam tegenpartij, naam omschrijving, tegenpartij,
    supplier found, leverancier, fornecedor, estabelecimento, mottagare, odbiorca, name
  `,
  description: `
    description, transaction description, purchase description, expense description, item description, details,
    transaction details, narrative, transaction narrative, particulars, purpose, memo, verwendungszweck,
    beschreibung, libelle, libelle operation, libelle de l operation, motif, concepto, descripcion, descrizione,
    causale, omschrijving, omschrijving 1, mededelingen, descricao, historico, beskrivning, tekst, opis,
    opis operacji, tytul, buchungstext, text, note, notes, remark, remarks, comment, comments, item
  `,
  tax: `
    transaction vat description, vat description, transaction vat code, vat code, vat rate, vat,
    transaction tax description, tax description, tax code, tax rate, tax, mwst, ust, tva, iva, btw
  `,
  account: `
    card number, masked card number, card, card account number, card account, card name, pan, card last 4,
    last 4, card last four digits, card ending, kartennummer, karte, numero de carte, carte, numero de tarjeta,
    tarjeta, carta, numero carta, cartao, kaartnummer, account number, account, account name, iban, iban bban,
    account num, source account, payment account, auftragskonto, iban auftragskonto, konto, kontonummer, kontonr,
    numero de compte, compte, numero de cuenta, cuenta, conto, rekening, rekeningnummer, conta, wallet
  `,
  category: `
    category, category name, expense category, spend category, transaction category, expense type,
    transaction cac description 1, cac description 1, gl description, gl account description, gl account name,
    expense account, nominal description, cost element description, cost type, account description, kategorie,
    categorie, categorie operation, categoria, kategori, kategoria, hauptkategorie,
    merchant category description, merchant category, merchant category name, mcc description,
    transaction cac code 1, cac code 1, gl code, gl account, subcategory, merchant category code, mcc
  `,
  project: `
    project, project name, transaction cac description 2, cac description 2, cost center description,
    cost center name, cost center, department name, department, service area, budget center, projekt, projet,
    proyecto, progetto, projeto, kostenstelle, center de cout, center de couts, centro de coste, centro de costo,
    centro de costos, centro di costo, kostenplaats, abteilung, project code, transaction cac code 2, cac code 2,
    cost center code, job, client
  `,
  tags: `
    tags, tag, labels, label, schlagworte, etiquettes, etiquetas, etichette, directorate, directorates,
    directorate name, division, division name, business unit
  `,
  payment_method: `
    payment method, payment type, method of payment, zahlungsart, zahlungsweise, mode de paiement,
    metodo de pago, forma de pago, metodo di pagamento, betaalwijze
  `,
  reference: `
    transaction id, transaction number, transaction reference, transaction reference number, reference number,
    reference, unique id, id, receipt number, voucher number, journal number, document number, kundenreferenz,
    referenz, referenznummer, reference operation, referencia, riferimento, kenmerk
  `,
  // Only what is unique by its nature: a running number of each file would be taken for what came before.
  source_id: `fitid, acctsvcrref, account servicer reference, unique transaction id`,
};

/**
 * These are titles of rows in which nothing else says what was bought and by whom it was sold: banks call their accounts
 * products, and what the payer wrote on a transfer its subject.
 */
export const fallbackTitles: ReadonlySet<string> = new Set([
  ...[
    'subject',
    'betreff',
    'asunto',
    'oggetto',
    'onderwerp',
    'assunto',
    'rubrik',
    'gegenstand',
    'objet',
    'designation',
  ],
  ...['expense', 'product', 'product name', 'artikel', 'produkt', 'produit', 'producto', 'prodotto', 'produto'],
]);
