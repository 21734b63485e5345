/** Small letters without accents, as the words below are. */
const fold = (status: string): string => status.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

const oneOf = (...words: readonly string[]): RegExp => new RegExp(`^(?:(?:umsatz|zahlung) )?(?:${words.join('|')})$`);

const moved = oneOf(
  ...['declined', 'reverted', 'reversed', 'failed', 'cancell?ed', 'rejected', 'void', 'voided', 'denied', 'expired'],
  ...['error', 'deleted', 'draft', 'storniert', 'abgelehnt', 'fehlgeschlagen', 'abgebrochen', 'geloscht', 'entwurf'],
  ...[
    'annulee?',
    'refusee?',
    'rejetee?',
    'echouee?',
    'echec',
    'brouillon',
    'anulad[oa]',
    'cancelad[oa]',
    'rechazad[oa]',
  ],
  ...['annullat[oa]', 'rifiutat[oa]', 'fallit[oa]', 'geannuleerd', 'geweigerd', 'mislukt', 'avbruten', 'makulerad'],
);

const back = oneOf(
  ...['refunded', 'returned', 'charge-?backs?', 'charged back', 'disputed and refunded', 'erstattet', 'ruckerstattet'],
  ...['zuruckgegeben', 'retourniert', 'rembourse', 'remboursee', 'reembolsad[oa]', 'devuelt[oa]', 'rimborsat[oa]'],
  ...['terugbetaald', 'aterbetald'],
);

const announced = oneOf(
  ...['pending', 'vorgemerkt', 'not (?:yet )?posted', 'uncleared', 'en attente', 'pendiente', 'in attesa'],
);

/** Whether a status says that no money was moved for good. */
export const movedNothing = (status: string): boolean => moved.test(fold(status));

/** Whether it says that the money came back. */
export const cameBack = (status: string): boolean => back.test(fold(status));

/** Whether it says that the bank has not booked it yet. */
export const isAnnounced = (status: string): boolean => announced.test(fold(status));
