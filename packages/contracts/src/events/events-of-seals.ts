import * as messages from '../../generated/outlay/ledger/events/v1/events.ts';
import { defineEvent } from './define-event.ts';

const journalSealed = {
  sequence: '5222',
  hash: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
  count: 6,
  sealedAt: '2025-02-01T07:00:05.000Z',
  keyId: '1f3870be274f6c49',
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
};

const auditSealed = {
  sequence: '4810',
  hash: '5b1f0e9aa4c1fd2f2a4c05e3e36bd7c1f86a9b1ac0c2d7d4f6f1b6be6d6a7a31',
  count: 2,
  sealedAt: '2025-02-01T07:00:05.100Z',
  keyId: journalSealed.keyId,
  signature:
    'f2ac331db936efa4f763bae0fbeafc0076f09a673349179209a82ed29dd85e8bd61659b463a022b5f6c0db698ac3625ab024c01a00072f9a840944ea8a8a8101',
};

/** What the ledger tells of the seals over its journal and its audit trail. */
export const eventsOfSeals = {
  'outlay.ledger.journal.sealed.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.JournalSealed',
    subject: 'tenant',
    summary: 'The chain of seals over the journal has got this far.',
    codec: messages.JournalSealed,
    example: journalSealed,
  }),
  'outlay.ledger.audit.sealed.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AuditSealed',
    subject: 'tenant',
    summary: 'The chain of seals over the audit trail has got this far.',
    codec: messages.AuditSealed,
    example: auditSealed,
  }),
} as const;
