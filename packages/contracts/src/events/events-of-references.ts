import * as messages from '../../generated/outlay/ledger/events/v1/events.ts';
import { defineEvent } from './define-event.ts';

/** What the expense of the examples refers to, in ProtoJSON. */
export const category = {
  id: '0197a3c0-1111-7000-8000-000000000001',
  name: 'Software',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
  parentId: '0197a3c0-1111-7000-8000-000000000002',
  description: 'Licences and subscriptions',
  path: ['Tools', 'Software'],
  depth: 2,
};

/** Where it was paid from, in ProtoJSON. */
export const account = {
  id: '0197a3c0-2222-7000-8000-000000000001',
  name: 'Company card',
  kind: 'card',
  currency: 'EUR',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
  description: 'Kept by the office',
  openingBalance: { amount: { currency: 'EUR', amountMinor: '-42000' }, date: '2025-01-01' },
};

/** What it was made for, in ProtoJSON. */
export const project = {
  id: '0197a3c0-3333-7000-8000-000000000001',
  name: 'Website',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
  code: 'WEB-1',
  description: 'The new shop',
};

const categoryChanged = { ...category, name: 'Software and services', path: ['Tools', 'Software and services'] };
const accountChanged = { ...account, name: 'Card of the office' };
const projectChanged = { ...project, name: 'Web shop' };
const archivedAt = '2025-03-01T08:00:00.000Z';

/** What the ledger tells of what expenses refer to: categories, accounts and projects. */
export const eventsOfReferences = {
  'outlay.ledger.category.created.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryCreated',
    subject: 'category',
    summary: 'A category exists.',
    codec: messages.CategoryCreated,
    example: { category },
  }),
  'outlay.ledger.category.updated.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryUpdated',
    subject: 'category',
    summary: 'Name or other properties of a category changed.',
    codec: messages.CategoryUpdated,
    example: { category: { ...categoryChanged, version: '2' } },
  }),
  'outlay.ledger.category.archived.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryArchived',
    subject: 'category',
    summary: 'A category is archived: nothing new may refer to it.',
    codec: messages.CategoryArchived,
    example: { category: { ...categoryChanged, version: '3', archivedAt } },
  }),
  'outlay.ledger.category.restored.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryRestored',
    subject: 'category',
    summary: 'A category is archived no more.',
    codec: messages.CategoryRestored,
    example: { category: { ...categoryChanged, version: '4' } },
  }),
  'outlay.ledger.category.deleted.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryDeleted',
    subject: 'category',
    summary: 'A category that nothing referred to is gone.',
    codec: messages.CategoryDeleted,
    example: { category: { ...categoryChanged, version: '5' } },
  }),
  'outlay.ledger.account.created.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountCreated',
    subject: 'account',
    summary: 'An account exists.',
    codec: messages.AccountCreated,
    example: { account },
  }),
  'outlay.ledger.account.updated.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountUpdated',
    subject: 'account',
    summary: 'Name or other properties of an account changed.',
    codec: messages.AccountUpdated,
    example: { account: { ...accountChanged, version: '2' } },
  }),
  'outlay.ledger.account.archived.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountArchived',
    subject: 'account',
    summary: 'An account is archived: nothing new may refer to it.',
    codec: messages.AccountArchived,
    example: { account: { ...accountChanged, version: '3', archivedAt } },
  }),
  'outlay.ledger.account.restored.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountRestored',
    subject: 'account',
    summary: 'An account is archived no more.',
    codec: messages.AccountRestored,
    example: { account: { ...accountChanged, version: '4' } },
  }),
  'outlay.ledger.account.deleted.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountDeleted',
    subject: 'account',
    summary: 'An account that nothing referred to is gone.',
    codec: messages.AccountDeleted,
    example: { account: { ...accountChanged, version: '5' } },
  }),
  'outlay.ledger.project.created.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectCreated',
    subject: 'project',
    summary: 'A project exists.',
    codec: messages.ProjectCreated,
    example: { project },
  }),
  'outlay.ledger.project.updated.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectUpdated',
    subject: 'project',
    summary: 'Name or other properties of a project changed.',
    codec: messages.ProjectUpdated,
    example: { project: { ...projectChanged, version: '2' } },
  }),
  'outlay.ledger.project.archived.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectArchived',
    subject: 'project',
    summary: 'A project is archived: nothing new may refer to it.',
    codec: messages.ProjectArchived,
    example: { project: { ...projectChanged, version: '3', archivedAt } },
  }),
  'outlay.ledger.project.restored.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectRestored',
    subject: 'project',
    summary: 'A project is archived no more.',
    codec: messages.ProjectRestored,
    example: { project: { ...projectChanged, version: '4' } },
  }),
  'outlay.ledger.project.deleted.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectDeleted',
    subject: 'project',
    summary: 'A project that nothing referred to is gone.',
    codec: messages.ProjectDeleted,
    example: { project: { ...projectChanged, version: '5' } },
  }),
} as const;
