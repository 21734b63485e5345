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
};
const account = {
  id: '0197a3c0-2222-7000-8000-000000000001',
  name: 'Company card',
  kind: 'card',
  currency: 'EUR',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
};
const project = {
  id: '0197a3c0-3333-7000-8000-000000000001',
  name: 'Website',
  version: '1',
  createdAt: '2025-01-10T09:00:00.000Z',
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

export const categoryCreated = { category };
export const accountCreated = { account };
export const projectCreated = { project };

export const importCompleted = {
  importId: '0197a3c0-8888-7000-8000-000000000001',
  rowsTotal: 5227,
  imported: 5222,
  duplicates: 2,
  refused: 3,
  completedAt: '2025-02-01T07:00:04.000Z',
};
