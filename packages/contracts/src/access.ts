import type { AccessRule } from '@outlay/platform';

/** What an API key can be allowed to do, and what that means. */
export const scopes = {
  'tenant:read': 'Read the tenant and its plan.',
  'tenant:write': "Change the tenant's name and settings.",
  'members:read': 'Read who belongs to the tenant.',
  'references:read': 'Read categories, accounts, projects and exchange rates.',
  'references:write': 'Make, change, archive and delete categories, accounts and projects; change exchange rates.',
  'expenses:read': 'Read expenses, their tags, and imports.',
  'expenses:write': 'Record, change and reverse expenses, and import files.',
  'reports:read': 'Read summaries, balances, the general ledger, restatements, the journal and its verification.',
  'deliveries:read': 'Read what mails left, and what became of them.',
  'security:read': 'Read the security log and the audit trail.',
} as const;

export type Scope = keyof typeof scopes;

/** One row of the table: a rule as platform enforces it, and a scope that there is. */
export interface AccessRow extends AccessRule {
  readonly scope?: Scope;
}

/** Everybody of the tenant reads; members see what is theirs. */
const managers = ['owner', 'admin'] as const;
/** Analysts read everything and write nothing financial; members write within what is theirs. */
const writers = ['owner', 'admin', 'member'] as const;
/** What tells of others than the one who asks. */
const overseers = ['owner', 'admin', 'analyst'] as const;
const ownerAlone = ['owner'] as const;

const anyone = { caller: 'public' } as const;
const service = <const S extends string>(...services: S[]) => ({ caller: 'service', services }) as const;
const person = { caller: 'user' } as const;
const freshPerson = { caller: 'user', freshLogin: true } as const;
const platformAdmin = { caller: 'platform_admin' } as const;

/**
 * Who may do what: one row for each RPC, by service and by the name that its client gives it. Services enforce these
 * rows, and the gateway's routes declare them. What a member sees of a list is decided where the list is made.
 */
export const access = {
  identity: {
    createOwner: service('tenancy-billing'),
    getTenantOwner: service('tenancy-billing'),
    // Whoever provisions a platform: its seeds and scripts.
    addMember: service('operator'),

    login: anyone,
    refreshSession: anyone,
    reauthenticate: person,
    switchTenant: person,
    logout: person,
    logoutEverywhere: person,
    listSessions: person,
    revokeSession: person,

    getMe: person,
    updateMe: person,
    changePassword: freshPerson,
    requestPasswordReset: anyone,
    resetPassword: anyone,
    requestEmailVerification: person,
    changeEmail: freshPerson,
    verifyEmail: anyone,
    enrollTotp: freshPerson,
    confirmTotp: freshPerson,
    disableTotp: freshPerson,
    renewRecoveryCodes: freshPerson,
    exportMe: freshPerson,
    eraseMe: freshPerson,

    listMembers: { caller: 'tenant', roles: overseers, scope: 'members:read' },
    getMember: { caller: 'tenant', roles: overseers, scope: 'members:read' },
    changeMemberRole: { caller: 'tenant', roles: managers },
    removeMember: { caller: 'tenant', roles: managers },
    leaveTenant: { caller: 'tenant' },
    transferOwnership: { caller: 'tenant', roles: ownerAlone, freshLogin: true },
    inviteMember: { caller: 'tenant', roles: managers },
    listInvitations: { caller: 'tenant', roles: overseers, scope: 'members:read' },
    resendInvitation: { caller: 'tenant', roles: managers },
    revokeInvitation: { caller: 'tenant', roles: managers },
    getInvitation: anyone,
    acceptInvitation: anyone,
    getTenantSecurity: { caller: 'tenant', roles: overseers },
    updateTenantSecurity: { caller: 'tenant', roles: managers },
    listSecurityEvents: { caller: 'tenant', roles: managers, scope: 'security:read' },

    createApiKey: { caller: 'tenant', roles: managers, freshLogin: true },
    listApiKeys: { caller: 'tenant', roles: managers },
    getApiKey: { caller: 'tenant', roles: managers },
    updateApiKey: { caller: 'tenant', roles: managers, freshLogin: true },
    rotateApiKey: { caller: 'tenant', roles: managers, freshLogin: true },
    revokeApiKey: { caller: 'tenant', roles: managers },
    exchangeApiKey: service('gateway'),

    getJwks: anyone,
    rotateSigningKeys: { caller: 'platform_admin', freshLogin: true },
    issueServiceToken: anyone,
    listRevokedSessions: service('gateway'),
  },

  tenancy: {
    registerTenant: anyone,
    resolveTenant: anyone,
    getTenant: { caller: 'tenant_or_service', services: ['ledger', 'reporting'], scope: 'tenant:read' },
    updateTenant: { caller: 'tenant', roles: managers, scope: 'tenant:write' },
    getUsage: { caller: 'tenant', roles: overseers, scope: 'tenant:read' },
    listTenants: platformAdmin,
    changePlan: { caller: 'platform_admin', freshLogin: true },
    listPlans: anyone,
  },

  ledger: {
    createCategory: { caller: 'tenant', roles: managers, scope: 'references:write' },
    listCategories: { caller: 'tenant', scope: 'references:read' },
    getCategory: { caller: 'tenant', scope: 'references:read' },
    updateCategory: { caller: 'tenant', roles: managers, scope: 'references:write' },
    deleteCategory: { caller: 'tenant', roles: managers, scope: 'references:write' },
    createAccount: { caller: 'tenant', roles: managers, scope: 'references:write' },
    listAccounts: { caller: 'tenant', scope: 'references:read' },
    getAccount: { caller: 'tenant', scope: 'references:read' },
    updateAccount: { caller: 'tenant', roles: managers, scope: 'references:write' },
    deleteAccount: { caller: 'tenant', roles: managers, scope: 'references:write' },
    createProject: { caller: 'tenant', roles: managers, scope: 'references:write' },
    listProjects: { caller: 'tenant', scope: 'references:read' },
    getProject: { caller: 'tenant', scope: 'references:read' },
    updateProject: { caller: 'tenant', roles: managers, scope: 'references:write' },
    deleteProject: { caller: 'tenant', roles: managers, scope: 'references:write' },
    listTags: { caller: 'tenant', scope: 'expenses:read' },
    recordExpense: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    getExpense: { caller: 'tenant', scope: 'expenses:read' },
    recordExpenses: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    listExpenses: { caller: 'tenant', scope: 'expenses:read' },
    getExpenseTotals: { caller: 'tenant', scope: 'expenses:read' },
    listExpenseHistory: { caller: 'tenant', scope: 'expenses:read' },
    exportExpenses: { caller: 'tenant', scope: 'expenses:read' },
    editExpense: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    reverseExpense: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    startImport: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    getImport: { caller: 'tenant', scope: 'expenses:read' },
    listImports: { caller: 'tenant', scope: 'expenses:read' },
    listImportRows: { caller: 'tenant', scope: 'expenses:read' },
    commitImport: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    discardImport: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    undoImport: { caller: 'tenant', roles: writers, scope: 'expenses:write' },
    // Everybody of the tenant reads files by them; those who manage what expenses refer to keep them.
    createImportMapping: { caller: 'tenant', roles: managers, scope: 'references:write' },
    getImportMapping: { caller: 'tenant', scope: 'references:read' },
    listImportMappings: { caller: 'tenant', scope: 'references:read' },
    updateImportMapping: { caller: 'tenant', roles: managers, scope: 'references:write' },
    deleteImportMapping: { caller: 'tenant', roles: managers, scope: 'references:write' },
    verifyJournal: { caller: 'tenant', roles: overseers, scope: 'reports:read' },
    listJournal: { caller: 'tenant', roles: overseers, scope: 'reports:read' },
    // A tenant's totals would tell a member of the others' expenses.
    listBalances: { caller: 'tenant', roles: overseers, scope: 'reports:read' },
    getTrialBalance: { caller: 'tenant', roles: overseers, scope: 'reports:read' },
    listAccountEntries: { caller: 'tenant', roles: overseers, scope: 'reports:read' },
    listAuditEntries: { caller: 'tenant', roles: managers, scope: 'security:read' },
    listExchangeRates: { caller: 'tenant', scope: 'references:read' },
    getExchangeRate: { caller: 'tenant', scope: 'references:read' },
    createExchangeRate: { caller: 'tenant', roles: managers, scope: 'references:write' },
    correctExchangeRate: { caller: 'tenant', roles: managers, scope: 'references:write' },
    withdrawExchangeRate: { caller: 'tenant', roles: managers, scope: 'references:write' },
    getEffectiveRate: { caller: 'tenant', scope: 'references:read' },
    // How many expenses there were says something of the others'.
    listRestatements: { caller: 'tenant', roles: overseers, scope: 'reports:read' },
    // What they say, every tenant's books follow.
    importPlatformRates: { caller: 'platform_admin', freshLogin: true },
    setTenantCurrency: service('tenancy-billing'),
    streamExpenses: service('reporting'),
  },

  notifications: {
    listDeliveries: { caller: 'tenant', roles: managers, scope: 'deliveries:read' },
  },

  reporting: {
    // To a member it shows their own expenses alone.
    getMonthSummary: { caller: 'tenant', scope: 'reports:read' },
    rebuildTenant: { caller: 'tenant_or_platform_admin', roles: managers },
  },

  /** What the gateway answers by itself. */
  gateway: {
    guest: anyone,
    protected: person,
    freshProtected: freshPerson,
  },
} as const satisfies Record<string, Record<string, AccessRow>>;
