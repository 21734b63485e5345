import * as messages from '../../generated/outlay/ledger/events/v1/events.ts';
import { defineEvent } from './define-event.ts';

const importCompleted = {
  importId: '0197a3c0-8888-7000-8000-000000000001',
  rowsTotal: 5227,
  imported: 5222,
  duplicates: 2,
  refused: 3,
  completedAt: '2025-02-01T07:00:04.000Z',
};

const importUndone = {
  importId: '0197a3c0-8888-7000-8000-000000000001',
  reversed: 5220,
  alreadyReversed: 1,
  leftOut: 1,
  undoneAt: '2025-02-01T08:00:02.000Z',
};

const importMappingSaved = {
  mapping: {
    id: '0197a3c0-9999-7000-8000-000000000001',
    name: 'Purchase cards',
    rules: { columns: { 'TRANS DATE': 'expense_date', 'TRANS CAC DESC 2': '' }, dateFormat: 'DD/MM/YY' },
    version: '1',
    createdAt: '2025-02-01T07:00:00.000Z',
    updatedAt: '2025-02-01T07:00:00.000Z',
  },
};

const importMappingDeleted = { mappingId: '0197a3c0-9999-7000-8000-000000000001' };

/** What the ledger tells of files and of how they are read. */
export const eventsOfImports = {
  'outlay.ledger.import.completed.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportCompleted',
    subject: 'import',
    summary: 'Each row of an imported file has its fate.',
    codec: messages.ImportCompleted,
    example: importCompleted,
  }),
  'outlay.ledger.import.undone.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportUndone',
    subject: 'import',
    summary: 'What an import had booked was taken back.',
    codec: messages.ImportUndone,
    example: importUndone,
  }),
  'outlay.ledger.import_mapping.saved.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportMappingSaved',
    subject: 'import mapping',
    summary: 'How to read files was written down, anew or differently.',
    codec: messages.ImportMappingSaved,
    example: importMappingSaved,
  }),
  'outlay.ledger.import_mapping.deleted.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportMappingDeleted',
    subject: 'import mapping',
    summary: 'Files are read by this mapping no more.',
    codec: messages.ImportMappingDeleted,
    example: importMappingDeleted,
  }),
} as const;
