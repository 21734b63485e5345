// Codes by the decimals of their minor unit. A list of our own, as what ICU lists and how it rounds (some currencies as
// cash is rounded) changes with the version of Node: what is in the books must be readable, and mean the same, for ever.
// So codes are added here, and neither taken away nor given other decimals.

/** What ISO 4217 has in force and gives a minor unit, funds codes such as CLF included: contracts are priced in them. */
const inForce: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
    COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Units of account without a minor unit, in which invoices are written all the same: in hundredths. */
const unitsOfAccount = 'XDR XSU';

/** Withdrawn since about 1990, with the decimals they had last: expenses and files of past years are in them. */
const withdrawn: Readonly<Record<number, string>> = {
  0: 'ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL',
  2: `
    AFA ANG ATS AZM BGL BGN CSD CSK CUC CYP DDM DEM EEK FIM FRF GHC GWP HRD HRK IEP LTL LVL MRO MTL MXP MZM NLG PLZ
    ROL RUR SDD SIT SKK SLL SRG STD SUR TMM UAK VEB VEF XEU YUM ZMK ZWD ZWL ZWN ZWR`,
};

/** Decimals of the minor unit of each currency that is known. */
export const fractionDigitsByCurrency: ReadonlyMap<string, number> = new Map(
  [inForce, { 2: unitsOfAccount }, withdrawn].flatMap(toDecimals),
);

function toDecimals(lists: Readonly<Record<number, string>>): [code: string, digits: number][] {
  return Object.entries(lists).flatMap(([digits, codes]) =>
    codes
      .trim()
      .split(/\s+/)
      .map((code): [string, number] => [code, Number(digits)]),
  );
}
