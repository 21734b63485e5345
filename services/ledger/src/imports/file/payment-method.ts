import { type PaymentMethod, paymentMethods } from '@outlay/contracts';

const methods: readonly (readonly [RegExp, PaymentMethod])[] = [
  [/debit ?card|visa debit|maestro|girocard/i, 'debit_card'],
  [/credit ?card|kreditkarte|purchas(e|ing) card|mastercard|amex|^visa$/i, 'credit_card'],
  [/direct debit|lastschrift|prelevement/i, 'direct_debit'],
  [/transfer|uberweisung|überweisung|virement|sepa|bacs|wire|faster payment/i, 'bank_transfer'],
  [/paypal|apple pay|google pay|wallet/i, 'digital_wallet'],
  [/che(ck|que)/i, 'check'],
  [/^(cash|bar|bargeld|especes|espèces|efectivo|contanti)$/i, 'cash'],
];

/** The payment method that a cell names, in our own words or in those of banks; empty where it names none that we know. */
export const paymentMethodNamed = (text: string): PaymentMethod | '' =>
  paymentMethods.find((method) => method === ownWord(text)) ??
  methods.find(([pattern]) => pattern.test(text))?.[1] ??
  '';

const ownWord = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
