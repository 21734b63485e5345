/** One namespace for each area's messages and service definition, generated from `proto/`. */

export * as identityEvents from '../generated/outlay/identity/events/v1/events.ts';
export * as identity from '../generated/outlay/identity/v1/identity.ts';
export * as ledgerEvents from '../generated/outlay/ledger/events/v1/events.ts';
export * as ledger from '../generated/outlay/ledger/v1/ledger.ts';
export * as notifications from '../generated/outlay/notifications/v1/notifications.ts';
export * as reporting from '../generated/outlay/reporting/v1/reporting.ts';
export * as tenancyEvents from '../generated/outlay/tenancy/events/v1/events.ts';
export * as tenancy from '../generated/outlay/tenancy/v1/tenancy.ts';
export type { Money } from '../generated/outlay/type/v1/money.ts';
export type { PageInfo, PageRequest } from '../generated/outlay/type/v1/page.ts';
export { type AccessRow, access, type Scope, scopes } from './access.ts';
export { type AccountKind, accountKinds } from './account-kinds.ts';
export { asyncApiDocument } from './asyncapi/document.ts';
export { revokedSessionsChannel } from './channels.ts';
export { type EventData, type EventDefinition, type EventName, events } from './events.ts';
export {
  type ImportEncoding,
  type ImportField,
  type ImportFileKind,
  importAmounts,
  importCredits,
  importEncodings,
  importFields,
  importFileKinds,
} from './import-vocabulary.ts';
export { type ChainFaultKind, type JournalFaultKind, journalFaultKinds } from './journal-fault-kinds.ts';
export { type LedgerAuditEntity, ledgerAuditEntities } from './ledger-audit-entities.ts';
export { type PaymentMethod, paymentMethods } from './payment-methods.ts';
export { type QueueDefinition, type QueueName, queues, queuesOf } from './queues.ts';
