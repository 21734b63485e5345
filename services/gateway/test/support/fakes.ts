import type { identity, ledger, notifications, reporting, tenancy } from '@outlay/contracts';
import { newId, notFound } from '@outlay/platform';
import type { FakeHandlers, TestIssuer, TestTenant } from '@outlay/testkit';
import { rpcError } from './rpc-error.ts';

const at = new Date('2025-01-15T10:30:00.000Z');
const page = { nextCursor: '', hasMore: false, limit: 50 };

export function acme(tenant: TestTenant): tenancy.Tenant {
  return {
    id: tenant.tenantId,
    name: tenant.name,
    subdomain: tenant.subdomain,
    status: 'active',
    plan: 'basic',
    settings: { currency: 'EUR', timezone: 'Europe/Berlin', dateFormat: 'DD.MM.YYYY' },
    version: 3n,
    createdAt: at,
  };
}

export function anExpense(change: Partial<ledger.Expense> = {}): ledger.Expense {
  return {
    id: newId(),
    amount: { currency: 'EUR', amountMinor: 12550n },
    booked: { currency: 'EUR', amountMinor: 12550n },
    rate: { rate: '1', source: 'identity', date: '2025-01-15' },
    title: 'Design tool',
    description: '',
    category: undefined,
    account: undefined,
    project: undefined,
    expenseDate: '2025-01-15',
    paymentMethod: '',
    tags: [],
    vendor: '',
    status: 'posted',
    version: 1n,
    entryId: newId(),
    userId: newId(),
    importId: '',
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function anImport(change: Partial<ledger.Import> = {}): ledger.Import {
  return {
    id: newId(),
    status: 'processing',
    fileName: 'january.csv',
    rowsTotal: 0,
    rowsDone: 0,
    imported: 0,
    duplicates: 0,
    refused: 0,
    failureCode: '',
    failureMessage: '',
    format: undefined,
    createdAt: at,
    finishedAt: undefined,
    ...change,
  };
}

export function fakeTenancy(tenant: tenancy.Tenant): FakeHandlers {
  const missing = () => rpcError(notFound('tenant_not_found', 'There is no such tenant'));
  const other = { ...tenant, id: newId(), subdomain: 'other', name: 'Other' };
  return {
    registerTenant: () => ({ tenant, ownerUserId: newId(), replayed: false }),
    resolveTenant: ({ by }: tenancy.ResolveTenantRequest) => {
      const found = [tenant, other].find(({ id, subdomain }) => by?.value === id || by?.value === subdomain);
      if (!found) throw missing();
      return { tenant: found };
    },
    getTenant: () => ({ tenant, entitlements: [] }),
    updateTenant: ({ name }: tenancy.UpdateTenantRequest) => ({
      tenant: { ...tenant, name: name ?? tenant.name, version: 4n },
    }),
    listTenants: () => ({ tenants: [tenant], page }),
    changePlan: ({ plan }: tenancy.ChangePlanRequest) => ({ tenant: { ...tenant, plan, version: 4n } }),
    listPlans: () => ({
      plans: [
        {
          code: 'basic',
          name: 'Basic',
          version: 1,
          entitlements: [
            { metric: 'projects', limit: 3n, mode: 'hard' },
            { metric: 'users', limit: undefined, mode: 'hard' },
          ],
        },
      ],
    }),
  };
}

export function fakeIdentity(tenant: TestTenant, issuer: TestIssuer): FakeHandlers {
  const user: identity.User = {
    id: tenant.ownerId,
    email: 'mara@acme.example',
    firstName: 'Mara',
    lastName: 'Lind',
    platformAdmin: false,
    createdAt: at,
  };
  const membership: identity.Membership = {
    tenantId: tenant.tenantId,
    tenantName: tenant.name,
    subdomain: tenant.subdomain,
    role: 'owner',
  };
  const opened = (sessionId = newId()) => ({
    session: {
      accessToken: issuer.token({ tenantId: tenant.tenantId, userId: tenant.ownerId, sessionId }),
      refreshToken: 'refresh',
      expiresInSeconds: 3600,
      sessionId,
    },
    user,
    membership,
  });
  return {
    login: () => opened(),
    refreshSession: () => opened(),
    logout: (_request: never, metadata: Record<string, string>) => ({
      sessionId: sessionOf(metadata.authorization ?? ''),
      revokedAt: at,
    }),
    getMe: () => ({ user, membership, memberships: [membership] }),
    getJwks: () => ({ jwksJson: JSON.stringify(issuer.jwks) }),
    issueServiceToken: () => ({ accessToken: issuer.token({ kind: 'service' }), expiresInSeconds: 3600 }),
    listRevokedSessions: () => ({ sessionIds: [] }),
  };
}

export function fakeLedger(_tenant: TestTenant): FakeHandlers {
  const named = (name: string) => ({ id: newId(), name, version: 1n, createdAt: at });
  return {
    createCategory: ({ name }: ledger.CreateCategoryRequest) => ({ category: named(name), replayed: false }),
    listCategories: () => ({ categories: [named('Software')], page }),
    createProject: ({ name }: ledger.CreateProjectRequest) => ({ project: named(name), replayed: false }),
    listProjects: () => ({ projects: [named('Website')], page }),
    createAccount: ({ name, kind, currency }: ledger.CreateAccountRequest) => ({
      account: { ...named(name), kind, currency },
      replayed: false,
    }),
    listAccounts: () => ({ accounts: [{ ...named('Card'), kind: 'card', currency: 'EUR' }], page }),
    recordExpense: ({ input }: ledger.RecordExpenseRequest) => ({
      expense: anExpense({ amount: input?.amount, title: input?.title ?? '' }),
      replayed: false,
    }),
    getExpense: ({ expenseId }: ledger.GetExpenseRequest) => ({ expense: anExpense({ id: expenseId, version: 7n }) }),
    listExpenses: () => ({ expenses: [anExpense(), anExpense()], page }),
    editExpense: ({ expenseId }: ledger.EditExpenseRequest) => ({
      expense: anExpense({ id: expenseId, version: 8n }),
      replayed: false,
    }),
    reverseExpense: ({ expenseId }: ledger.ReverseExpenseRequest) => ({
      expense: anExpense({ id: expenseId, version: 8n, status: 'reversed' }),
      replayed: false,
    }),
    startImport: async (parts: AsyncIterable<ledger.StartImportRequest>) => {
      let name = '';
      let size = 0;
      for await (const { part } of parts) {
        if (part?.$case === 'file') name = part.value.name;
        else if (part?.$case === 'chunk') size += part.value.length;
      }
      return { import: anImport({ fileName: name, rowsTotal: size }), replayed: false };
    },
    getImport: ({ importId }: ledger.GetImportRequest) => ({ import: anImport({ id: importId }) }),
    listImports: () => ({ imports: [anImport({ status: 'completed', finishedAt: at })], page }),
    listImportRows: () => ({
      rows: [
        { line: 2, fate: 'refused', column: 'AMT', code: 'amount_invalid', reason: 'is not an amount', expenseId: '' },
      ],
      page,
    }),
  };
}

export function fakeNotifications(): FakeHandlers {
  const delivery: notifications.Delivery = {
    id: newId(),
    kind: 'welcome',
    recipient: 'mara@acme.example',
    subject: 'Welcome',
    provider: 'outbox',
    status: 'sent',
    attempts: 1,
    error: '',
    providerMessageId: '',
    createdAt: at,
    sentAt: at,
  };
  return { listDeliveries: () => ({ deliveries: [delivery], page }) };
}

export function fakeReporting(tenant: TestTenant): FakeHandlers {
  return {
    getMonthSummary: ({ month }: reporting.GetMonthSummaryRequest) => ({
      month,
      currency: 'EUR',
      totalMinor: 11830n,
      count: 2n,
      refundsTotalMinor: -350n,
      refundsCount: 1n,
      byCategory: [{ id: '', name: '', totalMinor: 11830n, count: 2n }],
      byProject: [],
      byAccount: [],
    }),
    rebuildTenant: ({ tenantId }: reporting.RebuildTenantRequest) => ({
      tenantId: tenantId || tenant.tenantId,
      expenses: 2n,
      repaired: 0n,
      asOf: at,
    }),
  };
}

function sessionOf(authorization: string): string {
  const payload = authorization.split('.')[1] ?? '';
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')).sid;
}
