const tenantSettings = { currency: 'EUR', timezone: 'Europe/Berlin', dateFormat: 'DD.MM.YYYY' };

const basicEntitlements = [
  { metric: 'users', limit: '1', mode: 'hard' },
  { metric: 'projects', limit: '3', mode: 'hard' },
  { metric: 'accounts', limit: '3', mode: 'hard' },
  { metric: 'expenses_per_project', limit: '100', mode: 'soft' },
  { metric: 'expenses_total', limit: '100000', mode: 'hard' },
];

const category = {
  id: '0197a3c0-1111-7000-8000-000000000001',
  name: 'Software',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
  parentId: '0197a3c0-1111-7000-8000-000000000002',
  description: 'Licences and subscriptions',
  path: ['Tools', 'Software'],
  depth: 2,
};
const account = {
  id: '0197a3c0-2222-7000-8000-000000000001',
  name: 'Company card',
  kind: 'card',
  currency: 'EUR',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
  description: 'Kept by the office',
  openingBalance: { amount: { currency: 'EUR', amountMinor: '-42000' }, date: '2025-01-01' },
};
const project = {
  id: '0197a3c0-3333-7000-8000-000000000001',
  name: 'Website',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
  code: 'WEB-1',
  description: 'The new shop',
};

const expense = {
  id: '0197a3c0-4444-7000-8000-000000000001',
  amount: { currency: 'USD', amountMinor: '12550' },
  booked: { currency: 'EUR', amountMinor: '12180' },
  rate: { rate: '0.970518', source: 'given', date: '2025-01-15' },
  title: 'Design tool',
  description: 'Yearly licence',
  category: { id: category.id, name: category.name },
  account: { id: account.id, name: account.name },
  project: { id: project.id, name: project.name },
  expenseDate: '2025-01-15',
  paymentMethod: 'credit_card',
  tags: ['office', 'supplies'],
  vendor: 'Draftsman Ltd',
  status: 'posted',
  version: '1',
  entryId: '0197a3c0-5555-7000-8000-000000000001',
  userId: '0197a3c0-6666-7000-8000-000000000001',
  createdAt: '2025-01-15T10:30:00.000Z',
  updatedAt: '2025-01-15T10:30:00.000Z',
};

export const memberJoined = {
  userId: '0197a3c0-6666-7000-8000-000000000001',
  email: 'mara@acme.example',
  firstName: 'Mara',
  lastName: 'Lind',
  role: 'admin',
  joinedAt: '2025-01-10T08:30:00.000Z',
};

export const sessionRevoked = {
  sessionId: '0197a3c0-7777-7000-8000-000000000001',
  userId: '0197a3c0-6666-7000-8000-000000000001',
  reason: 'logout',
  revokedAt: '2025-01-15T17:00:00.000Z',
};

const userId = '0197a3c0-6666-7000-8000-000000000001';
const sealedToken = 'AXNlYWxlZCBmb3IgdGhlIHNlbmRlciBvZiBtYWlscyBhbG9uZQ==';

export const memberRoleChanged = {
  userId,
  role: 'analyst',
  previousRole: 'member',
  changedAt: '2025-01-16T09:00:00.000Z',
};

export const memberUpdated = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  lastName: 'Lind',
  updatedAt: '2025-01-16T09:00:00.000Z',
};

export const memberRemoved = { userId, reason: 'removed', removedAt: '2025-01-16T09:00:00.000Z' };

export const personErased = {
  userId,
  erasedAt: '2025-01-16T09:00:00.000Z',
  invitationIds: ['0197a3c0-7777-7000-8000-000000000001'],
};

export const emailVerificationRequested = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  requestId: '0197a3c0-8888-7000-8000-000000000001',
  sealedToken,
  expiresAt: '2025-01-17T09:00:00.000Z',
  isChange: true,
};

export const passwordResetRequested = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  requestId: '0197a3c0-8888-7000-8000-000000000002',
  sealedToken,
  expiresAt: '2025-01-16T10:00:00.000Z',
};

export const credentialsChanged = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  changeId: '0197a3c0-8888-7000-8000-000000000003',
  change: 'password_changed',
  changedAt: '2025-01-16T09:00:00.000Z',
};

export const invitationSent = {
  invitationId: '0197a3c0-9999-7000-8000-000000000001',
  email: 'ida@acme.example',
  role: 'member',
  inviterName: 'Mara Lind',
  tenantName: 'Acme',
  subdomain: 'acme',
  occasion: 1,
  sealedToken,
  expiresAt: '2025-01-23T09:00:00.000Z',
};

export const securityEventRecorded = {
  id: '0197a3c0-aaaa-7000-8000-000000000001',
  kind: 'member.role_changed',
  actorKind: 'user',
  actorId: userId,
  userId: '0197a3c0-6666-7000-8000-000000000002',
  clientAddress: '192.0.2.1',
  userAgent: 'curl/8.5.0',
  details: { role: 'analyst' },
  recordedAt: '2025-01-16T09:00:00.000Z',
};

export const tenantRegistered = {
  name: 'Acme',
  subdomain: 'acme',
  plan: 'basic',
  settings: tenantSettings,
  owner: {
    userId: '0197a3c0-6666-7000-8000-000000000001',
    email: 'mara@acme.example',
    firstName: 'Mara',
    lastName: 'Lind',
  },
  entitlements: basicEntitlements,
  registeredAt: '2025-01-10T08:30:00.000Z',
};

export const tenantUpdated = {
  name: 'Acme',
  subdomain: 'acme',
  status: 'active',
  settings: tenantSettings,
  updatedAt: '2025-01-11T08:30:00.000Z',
};

export const entitlementsChanged = {
  plan: 'basic',
  planVersion: 1,
  entitlements: basicEntitlements,
  changedAt: '2025-01-12T08:30:00.000Z',
};

export const expenseRecorded = { expense };

export const expenseEdited = {
  expense: {
    ...expense,
    title: 'Design tool, two seats',
    version: '2',
    entryId: '0197a3c0-5555-7000-8000-000000000002',
    updatedAt: '2025-01-16T10:30:00.000Z',
  },
};

export const expenseReversed = {
  expense: { ...expenseEdited.expense, status: 'reversed', version: '3', updatedAt: '2025-01-17T10:30:00.000Z' },
};

export const expenseRestated = {
  expense: {
    ...expense,
    booked: { currency: 'EUR', amountMinor: '12199' },
    rate: { rate: '0.972', source: 'tenant', date: '2025-01-15' },
    version: '2',
    entryId: '0197a3c0-5555-7000-8000-000000000004',
    updatedAt: '2025-01-18T10:30:00.000Z',
  },
  previousBooked: expense.booked,
  previousRate: { rate: '0.970518', source: 'platform', date: '2025-01-15' },
};

export const exchangeRateRecorded = {
  exchangeRate: {
    id: '0197a3c0-bbbb-7000-8000-000000000001',
    baseCurrency: 'USD',
    quoteCurrency: 'EUR',
    rate: '0.972',
    date: '2025-01-15',
    source: 'tenant',
    provider: 'Treasury',
    version: '1',
    recordedAt: '2025-01-18T10:29:59.000Z',
    actorKind: 'user',
    actorId: userId,
  },
};

export const categoryCreated = { category };
export const accountCreated = { account };
export const projectCreated = { project };

const categoryChanged = { ...category, name: 'Software and services', path: ['Tools', 'Software and services'] };
const accountChanged = { ...account, name: 'Card of the office' };
const projectChanged = { ...project, name: 'Web shop' };
const archivedAt = '2025-03-01T08:00:00.000Z';

export const categoryUpdated = { category: { ...categoryChanged, version: '2' } };
export const categoryArchived = { category: { ...categoryChanged, version: '3', archivedAt } };
export const categoryRestored = { category: { ...categoryChanged, version: '4' } };
export const categoryDeleted = { category: { ...categoryChanged, version: '5' } };

export const accountUpdated = { account: { ...accountChanged, version: '2' } };
export const accountArchived = { account: { ...accountChanged, version: '3', archivedAt } };
export const accountRestored = { account: { ...accountChanged, version: '4' } };
export const accountDeleted = { account: { ...accountChanged, version: '5' } };

export const projectUpdated = { project: { ...projectChanged, version: '2' } };
export const projectArchived = { project: { ...projectChanged, version: '3', archivedAt } };
export const projectRestored = { project: { ...projectChanged, version: '4' } };
export const projectDeleted = { project: { ...projectChanged, version: '5' } };

export const importCompleted = {
  importId: '0197a3c0-8888-7000-8000-000000000001',
  rowsTotal: 5227,
  imported: 5222,
  duplicates: 2,
  refused: 3,
  completedAt: '2025-02-01T07:00:04.000Z',
};

export const importUndone = {
  importId: '0197a3c0-8888-7000-8000-000000000001',
  reversed: 5220,
  alreadyReversed: 1,
  leftOut: 1,
  undoneAt: '2025-02-01T08:00:02.000Z',
};

export const importMappingSaved = {
  mapping: {
    id: '0197a3c0-9999-7000-8000-000000000001',
    name: 'Purchase cards',
    rules: { columns: { 'TRANS DATE': 'expense_date', 'TRANS CAC DESC 2': '' }, dateFormat: 'DD/MM/YY' },
    version: '1',
    createdAt: '2025-02-01T07:00:00.000Z',
    updatedAt: '2025-02-01T07:00:00.000Z',
  },
};

export const importMappingDeleted = { mappingId: '0197a3c0-9999-7000-8000-000000000001' };

export const journalSealed = {
  sequence: '5222',
  hash: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
  count: 6,
  sealedAt: '2025-02-01T07:00:05.000Z',
  keyId: '1f3870be274f6c49',
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
};

export const auditSealed = {
  sequence: '4810',
  hash: '5b1f0e9aa4c1fd2f2a4c05e3e36bd7c1f86a9b1ac0c2d7d4f6f1b6be6d6a7a31',
  count: 2,
  sealedAt: '2025-02-01T07:00:05.100Z',
  keyId: journalSealed.keyId,
  signature:
    'f2ac331db936efa4f763bae0fbeafc0076f09a673349179209a82ed29dd85e8bd61659b463a022b5f6c0db698ac3625ab024c01a00072f9a840944ea8a8a8101',
};

export const usageChanged = {
  usage: [
    { metric: 'accounts', used: '2' },
    { metric: 'expenses_per_project', used: '101', scopeId: project.id },
    { metric: 'expenses_total', used: '5222' },
    { metric: 'projects', used: '3' },
  ],
  countedAt: '2025-02-01T07:00:06.000Z',
};

export const planLimitReached = {
  metric: 'expenses_per_project',
  scopeId: project.id,
  limit: '100',
  mode: 'soft',
  used: '101',
  reachedAt: '2025-02-01T07:00:06.000Z',
};
