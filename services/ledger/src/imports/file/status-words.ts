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
  ...[
    'not (?:executed|completed|processed)',
    'unsuccessful',
    'aborted',
    'nicht (?:ausgefuhrt|erfolgreich)',
    'zuruckgewiesen',
  ],
  ...['non (?:executee?|aboutie?)', 'no (?:ejecutad|completad)[oa]', 'non eseguit[oa]', 'niet (?:uitgevoerd|gelukt)'],
  ...['annullat[oa]', 'rifiutat[oa]', 'fallit[oa]', 'geannuleerd', 'geweigerd', 'mislukt', 'avbruten', 'makulerad'],
);

const back = oneOf(
  ...['refunded', 'returned', 'charge-?backs?', 'charged back', 'disputed and refunded', 'erstattet', 'ruckerstattet'],
  ...['zuruckgegeben', 'retourniert', 'rembourse', 'remboursee', 'reembolsad[oa]', 'devuelt[oa]', 'rimborsat[oa]'],
  ...['terugbetaald', 'aterbetald'],
);

const announced = oneOf(
  ...['pending', 'vorgemerkt', 'not (?:yet )?posted', 'uncleared', 'en attente', 'pendiente', 'in attesa'],
  ...[
    '(?:(?:on|authori[sz]ation) )?hold',
    'pre-?authori[sz](?:ed|ation)',
    'unposted',
    'processing',
    'in progress',
    'scheduled',
  ],
  ...[
    'in bearbeitung',
    'ausstehend',
    'geplant',
    'reserviert',
    '(?:noch )?nicht gebucht',
    'en cours(?: de traitement)?',
  ],
  ...[
    'programmee?',
    'non comptabilisee?',
    'en (?:proceso|curso)',
    'retenid[oa]',
    'programad[oa]',
    'no contabilizad[oa]',
  ],
  ...[
    'in (?:elaborazione|corso)',
    'programmat[oa]',
    'non contabilizzat[oa]',
    'in (?:behandeling|afwachting)',
    'gepland',
  ],
  ...['gereserveerd', '(?:nog )?niet geboekt', 'reserverad'],
);

const settled = oneOf(
  ...['completed?', 'posted', 'booked', 'settled', 'cleared', 'approved', 'accepted', 'confirmed', 'paid', 'processed'],
  ...['executed', 'success(?:ful)?', 'succeeded', 'ok', 'done', 'final', 'reconciled', 'purchased?', 'captured'],
  ...[
    'gebucht',
    'verbucht',
    'ausgefuhrt',
    'abgeschlossen',
    'erledigt',
    'bezahlt',
    'bestatigt',
    'genehmigt',
    'erfolgreich',
  ],
  ...['comptabilisee?', 'executee?', 'terminee?', 'validee?', 'effectuee?', 'reglee?', 'payee?', 'confirmee?'],
  ...[
    'completad[oa]',
    'contabilizad[oa]',
    'liquidad[oa]',
    'confirmad[oa]',
    'realizad[oa]',
    'ejecutad[oa]',
    'pagad[oa]',
  ],
  ...['contabilizzat[oa]', 'completat[oa]', 'eseguit[oa]', 'confermat[oa]', 'pagat[oa]'],
  ...['voltooid', 'geboekt', 'uitgevoerd', 'betaald', 'verwerkt', 'bokford', 'genomford', 'betald'],
);

/** Whether a status says that no money was moved for good. */
export const movedNothing = (status: string): boolean => moved.test(fold(status));

/** Whether it says that the money came back. */
export const cameBack = (status: string): boolean => back.test(fold(status));

/** Whether it says that the bank has not booked it yet. */
export const isAnnounced = (status: string): boolean => announced.test(fold(status));

/** Whether it is known what it says; also of one that says that all is well. */
export const isStatusKnown = (status: string): boolean =>
  [moved, back, announced, settled].some((words) => words.test(fold(status)));
