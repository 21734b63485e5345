/** What the ledger keeps an audit trail of: nothing else can be written there, and each can be asked for. */
export const ledgerAuditEntities = [
  'expense',
  'category',
  'account',
  'project',
  'import',
  'import_mapping',
  'exchange_rate',
  'restatement',
  'rate_check',
  'tenant',
] as const;

export type LedgerAuditEntity = (typeof ledgerAuditEntities)[number];
