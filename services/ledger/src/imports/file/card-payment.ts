import { isCardPayment } from './direction.ts';
import { foldWords } from './fold-words.ts';
import type { Column } from './recognise-columns.ts';
import { refundTeller } from './says-refund.ts';

/**
 * How issuers of cards call what pays the bill, in texts of small letters without accents and punctuation. `thanks` are
 * those that only issuers use for money they got; `issuer` those that an account uses as well, for money it paid; `any`
 * those that come in from customers, too.
 */
const phrases = (() => {
  const ways = ['online|mobile|internet|web|electronic|automatic|auto|auto pay|autopay|direct debit|dd|bpay|bacs|bill']
    .concat('credit card|phone|telephone|branch|scheduled|recurring|your|ihre|sepa')
    .join('|');
  const how = `(?:(?:${ways}) )*`;
  const payment = '(?:payments?|pymt|pmt)';
  const got = '(?:received|recd|rec d|rcvd)';
  const end = '(?: \\d+)*$';
  return {
    thanks: new RegExp(
      [
        `^${how}${payment} (?:${got} )?(?:with )?(?:many )?thank(?:s|$| you)`,
        `^thank(?:s| you) for (?:your )?${how}${payment}\\b`,
        '^paiement (?:recu )?merci\\b|^merci (?:de|pour) votre paiement\\b',
        `^${how}(?:zahlung|uberweisung|lastschrift) (?:erhalten )?(?:mit )?(?:(?:vielen|herzlichen|besten) )?dank(?:e|$)`,
        '^(?:su )?pago (?:recibido )?(?:muchas )?gracias\\b|^gracias por su pago\\b',
        '^pagamento (?:ricevuto )?grazie\\b|^(?:uw )?betaling (?:ontvangen )?(?:bedankt|dank)\\b',
      ].join('|'),
    ),
    issuer: new RegExp(
      [
        `^(?:capital one )?auto ?pay(?:$| ${payment}\\b| ${got}\\b| thank| full\\b| minimum\\b| \\d)`,
        `^(?:automatic|direct debit|capital one (?:mobile|online)) ${payment}(?: ${got}\\b|${end})`,
        `^${payment} by direct debit\\b`,
        '^(?:zahlung|ausgleich|einzug) (?:per |durch )?(?:lastschrift|lsv|bankeinzug)\\b|^lastschrifteinzug\\b',
        '^(?:ausgleich|zahlung) (?:der )?(?:kreditkarte|kartenkonto)|^kreditkarten(?:ausgleich|zahlung)\\b',
      ].join('|'),
    ),
    any: new RegExp(
      [
        `^${how}${payment} ${got}\\b(?! for\\b)`,
        `^${how}${payment}${end}`,
        `^${how}(?:zahlung|lastschrift) (?:dankend |ist )?(?:erhalten|eingegangen)\\b(?! fur\\b)|^zahlungseingang\\b`,
        '^paiement recu\\b(?! pour\\b)|^pago recibido\\b(?! por\\b)|^pagamento ric(?:evuto|ebido)\\b(?! per\\b)',
        '^betaling (?:ontvangen|modtaget)\\b|^betalning mottagen\\b|^in[dn]?betaln?ing$',
      ].join('|'),
    ),
  };
})();

/** No phrase is longer, and only the beginning of a cell is looked at. */
const lengthMax = 100;

/** Words without which a cell is no such phrase: most have none, and all the rest is not worth the time for them. */
const hint = /pay|pymt|pmt|thank|zahl|lastschrift|ausgleich|einzug|dank|paiement|merci|pago|pagamento|betal/i;

/** What a row says of the bill of a card; undefined where it says nothing of it, or that it is a refund. */
export type SaidPayment = 'thanks' | 'issuer' | 'any' | undefined;

/** Tells what rows say of the bill of a card, in the column of kinds or at the beginning of a text. */
export function paymentTeller(columns: readonly Column[]): (cells: readonly string[]) => SaidPayment {
  const direction = columns.find(({ field }) => field === 'direction');
  const texts = columns.filter(({ field }) => field === 'title' || field === 'vendor' || field === 'description');
  const saysRefund = refundTeller(columns);
  return (cells) => {
    const said = direction && isCardPayment(cells[direction.index] ?? '') ? 'any' : undefined;
    for (const { index } of texts) {
      const cell = cells[index] ?? '';
      if (!hint.test(cell)) continue;
      const text = foldWords(cell.slice(0, lengthMax));
      const kind = kinds.find((one) => phrases[one].test(text));
      if (kind && !saysRefund(cells)) return kind;
    }
    return said;
  };
}

const kinds = ['thanks', 'issuer', 'any'] as const;
