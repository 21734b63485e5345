import * as identity from '../generated/outlay/identity/events/v1/events.ts';
import {
  AccountArchived,
  AccountCreated,
  AccountDeleted,
  AccountRestored,
  AccountUpdated,
  AuditSealed,
  CategoryArchived,
  CategoryCreated,
  CategoryDeleted,
  CategoryRestored,
  CategoryUpdated,
  ExchangeRateRecorded,
  ExpenseEdited,
  ExpenseRecorded,
  ExpenseRestated,
  ExpenseReversed,
  ImportCompleted,
  ImportMappingDeleted,
  ImportMappingSaved,
  ImportUndone,
  JournalSealed,
  PlanLimitReached,
  ProjectArchived,
  ProjectCreated,
  ProjectDeleted,
  ProjectRestored,
  ProjectUpdated,
  UsageChanged,
} from '../generated/outlay/ledger/events/v1/events.ts';
import { EntitlementsChanged, TenantRegistered, TenantUpdated } from '../generated/outlay/tenancy/events/v1/events.ts';
import * as examples from './examples.ts';

/** How one message turns into ProtoJSON and back. */
export interface EventCodec<T> {
  fromJSON(object: unknown): T;
  toJSON(message: T): unknown;
}

/** What there is to know of one kind of event. */
export interface EventDefinition<T = unknown> {
  /** The service that alone may publish it. */
  readonly owner: 'identity' | 'tenancy-billing' | 'ledger' | 'notifications' | 'reporting';
  /** Full name of the protobuf message that is its data. */
  readonly message: string;
  /** What its `subject` names. */
  readonly subject: string;
  readonly summary: string;
  readonly codec: EventCodec<T>;
  /** A complete instance in ProtoJSON; the contract tests of publishers and consumers use it. */
  readonly example: unknown;
}

const event = <T>(definition: EventDefinition<T>): EventDefinition<T> => definition;

/**
 * Every event of the platform, by its CloudEvents `type`, which is its routing key on the bus as well.
 * A fact of the past with all that a consumer needs to act on it without calling back.
 */
export const events = {
  'outlay.identity.member.joined.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberJoined',
    subject: 'user',
    summary: 'A person became a member of a tenant.',
    codec: identity.MemberJoined,
    example: examples.memberJoined,
  }),
  'outlay.identity.session.revoked.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.SessionRevoked',
    subject: 'session',
    summary: 'A session was closed before its end.',
    codec: identity.SessionRevoked,
    example: examples.sessionRevoked,
  }),
  'outlay.identity.member.role_changed.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberRoleChanged',
    subject: 'user',
    summary: 'A member has another role.',
    codec: identity.MemberRoleChanged,
    example: examples.memberRoleChanged,
  }),
  'outlay.identity.member.updated.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberUpdated',
    subject: 'user',
    summary: 'Name or address of a member changed.',
    codec: identity.MemberUpdated,
    example: examples.memberUpdated,
  }),
  'outlay.identity.member.removed.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberRemoved',
    subject: 'user',
    summary: 'A person belongs to the tenant no more.',
    codec: identity.MemberRemoved,
    example: examples.memberRemoved,
  }),
  'outlay.identity.person.erased.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.PersonErased',
    subject: 'user',
    summary: 'The personal data of somebody who belonged to the tenant is to be forgotten.',
    codec: identity.PersonErased,
    example: examples.personErased,
  }),
  'outlay.identity.email_verification.requested.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.EmailVerificationRequested',
    subject: 'user',
    summary: 'An address awaits its verification.',
    codec: identity.EmailVerificationRequested,
    example: examples.emailVerificationRequested,
  }),
  'outlay.identity.password_reset.requested.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.PasswordResetRequested',
    subject: 'user',
    summary: 'Somebody with this address asks for a new password.',
    codec: identity.PasswordResetRequested,
    example: examples.passwordResetRequested,
  }),
  'outlay.identity.credentials.changed.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.CredentialsChanged',
    subject: 'user',
    summary: 'A person signs in another way from now on.',
    codec: identity.CredentialsChanged,
    example: examples.credentialsChanged,
  }),
  'outlay.identity.invitation.sent.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.InvitationSent',
    subject: 'invitation',
    summary: 'Somebody was invited to the tenant.',
    codec: identity.InvitationSent,
    example: examples.invitationSent,
  }),
  'outlay.identity.security_event.recorded.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.SecurityEventRecorded',
    subject: 'security event',
    summary: 'The security log has a new entry.',
    codec: identity.SecurityEventRecorded,
    example: examples.securityEventRecorded,
  }),
  'outlay.tenancy.tenant.registered.v1': event({
    owner: 'tenancy-billing',
    message: 'outlay.tenancy.events.v1.TenantRegistered',
    subject: 'tenant',
    summary: 'A tenant and its owner exist.',
    codec: TenantRegistered,
    example: examples.tenantRegistered,
  }),
  'outlay.tenancy.tenant.updated.v1': event({
    owner: 'tenancy-billing',
    message: 'outlay.tenancy.events.v1.TenantUpdated',
    subject: 'tenant',
    summary: 'Name or settings of a tenant changed.',
    codec: TenantUpdated,
    example: examples.tenantUpdated,
  }),
  'outlay.tenancy.entitlements.changed.v1': event({
    owner: 'tenancy-billing',
    message: 'outlay.tenancy.events.v1.EntitlementsChanged',
    subject: 'tenant',
    summary: 'What a tenant may use changed.',
    codec: EntitlementsChanged,
    example: examples.entitlementsChanged,
  }),
  'outlay.ledger.expense.recorded.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseRecorded',
    subject: 'expense',
    summary: 'An expense was booked.',
    codec: ExpenseRecorded,
    example: examples.expenseRecorded,
  }),
  'outlay.ledger.expense.edited.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseEdited',
    subject: 'expense',
    summary: 'An expense was reversed and booked anew.',
    codec: ExpenseEdited,
    example: examples.expenseEdited,
  }),
  'outlay.ledger.expense.reversed.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseReversed',
    subject: 'expense',
    summary: 'An expense was taken out of the books.',
    codec: ExpenseReversed,
    example: examples.expenseReversed,
  }),
  'outlay.ledger.expense.restated.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseRestated',
    subject: 'expense',
    summary: 'An expense was reversed and booked anew at a corrected rate.',
    codec: ExpenseRestated,
    example: examples.expenseRestated,
  }),
  'outlay.ledger.exchange_rate.recorded.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExchangeRateRecorded',
    subject: 'exchange rate',
    summary: "A tenant's own exchange rate was given, corrected or withdrawn.",
    codec: ExchangeRateRecorded,
    example: examples.exchangeRateRecorded,
  }),
  'outlay.ledger.category.created.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryCreated',
    subject: 'category',
    summary: 'A category exists.',
    codec: CategoryCreated,
    example: examples.categoryCreated,
  }),
  'outlay.ledger.category.updated.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryUpdated',
    subject: 'category',
    summary: 'Name or other properties of a category changed.',
    codec: CategoryUpdated,
    example: examples.categoryUpdated,
  }),
  'outlay.ledger.category.archived.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryArchived',
    subject: 'category',
    summary: 'A category is archived: nothing new may refer to it.',
    codec: CategoryArchived,
    example: examples.categoryArchived,
  }),
  'outlay.ledger.category.restored.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryRestored',
    subject: 'category',
    summary: 'A category is archived no more.',
    codec: CategoryRestored,
    example: examples.categoryRestored,
  }),
  'outlay.ledger.category.deleted.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryDeleted',
    subject: 'category',
    summary: 'A category that nothing referred to is gone.',
    codec: CategoryDeleted,
    example: examples.categoryDeleted,
  }),
  'outlay.ledger.account.created.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountCreated',
    subject: 'account',
    summary: 'An account exists.',
    codec: AccountCreated,
    example: examples.accountCreated,
  }),
  'outlay.ledger.account.updated.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountUpdated',
    subject: 'account',
    summary: 'Name or other properties of an account changed.',
    codec: AccountUpdated,
    example: examples.accountUpdated,
  }),
  'outlay.ledger.account.archived.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountArchived',
    subject: 'account',
    summary: 'An account is archived: nothing new may refer to it.',
    codec: AccountArchived,
    example: examples.accountArchived,
  }),
  'outlay.ledger.account.restored.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountRestored',
    subject: 'account',
    summary: 'An account is archived no more.',
    codec: AccountRestored,
    example: examples.accountRestored,
  }),
  'outlay.ledger.account.deleted.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountDeleted',
    subject: 'account',
    summary: 'An account that nothing referred to is gone.',
    codec: AccountDeleted,
    example: examples.accountDeleted,
  }),
  'outlay.ledger.project.created.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectCreated',
    subject: 'project',
    summary: 'A project exists.',
    codec: ProjectCreated,
    example: examples.projectCreated,
  }),
  'outlay.ledger.project.updated.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectUpdated',
    subject: 'project',
    summary: 'Name or other properties of a project changed.',
    codec: ProjectUpdated,
    example: examples.projectUpdated,
  }),
  'outlay.ledger.project.archived.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectArchived',
    subject: 'project',
    summary: 'A project is archived: nothing new may refer to it.',
    codec: ProjectArchived,
    example: examples.projectArchived,
  }),
  'outlay.ledger.project.restored.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectRestored',
    subject: 'project',
    summary: 'A project is archived no more.',
    codec: ProjectRestored,
    example: examples.projectRestored,
  }),
  'outlay.ledger.project.deleted.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectDeleted',
    subject: 'project',
    summary: 'A project that nothing referred to is gone.',
    codec: ProjectDeleted,
    example: examples.projectDeleted,
  }),
  'outlay.ledger.import.completed.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportCompleted',
    subject: 'import',
    summary: 'Each row of an imported file has its fate.',
    codec: ImportCompleted,
    example: examples.importCompleted,
  }),
  'outlay.ledger.import.undone.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportUndone',
    subject: 'import',
    summary: 'What an import had booked was taken back.',
    codec: ImportUndone,
    example: examples.importUndone,
  }),
  'outlay.ledger.import_mapping.saved.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportMappingSaved',
    subject: 'import mapping',
    summary: 'How to read files was written down, anew or differently.',
    codec: ImportMappingSaved,
    example: examples.importMappingSaved,
  }),
  'outlay.ledger.import_mapping.deleted.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportMappingDeleted',
    subject: 'import mapping',
    summary: 'Files are read by this mapping no more.',
    codec: ImportMappingDeleted,
    example: examples.importMappingDeleted,
  }),
  'outlay.ledger.journal.sealed.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.JournalSealed',
    subject: 'tenant',
    summary: 'The chain of seals over the journal has got this far.',
    codec: JournalSealed,
    example: examples.journalSealed,
  }),
  'outlay.ledger.audit.sealed.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AuditSealed',
    subject: 'tenant',
    summary: 'The chain of seals over the audit trail has got this far.',
    codec: AuditSealed,
    example: examples.auditSealed,
  }),
  'outlay.ledger.usage.changed.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.UsageChanged',
    subject: 'tenant',
    summary: 'What a tenant uses of what its plan limits.',
    codec: UsageChanged,
    example: examples.usageChanged,
  }),
  'outlay.ledger.plan_limit.reached.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.PlanLimitReached',
    subject: 'tenant',
    summary: 'A hard limit of a plan is used up, or a soft one exceeded.',
    codec: PlanLimitReached,
    example: examples.planLimitReached,
  }),
} as const;

export type EventName = keyof typeof events;

/** The data of the event with this name. */
export type EventData<N extends EventName> = (typeof events)[N] extends EventDefinition<infer T> ? T : never;
