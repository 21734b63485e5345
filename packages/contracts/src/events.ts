import { MemberJoined, SessionRevoked } from '../generated/outlay/identity/events/v1/events.ts';
import {
  AccountCreated,
  CategoryCreated,
  ExpenseEdited,
  ExpenseRecorded,
  ExpenseReversed,
  ImportCompleted,
  ProjectCreated,
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
    codec: MemberJoined,
    example: examples.memberJoined,
  }),
  'outlay.identity.session.revoked.v1': event({
    owner: 'identity',
    message: 'outlay.identity.events.v1.SessionRevoked',
    subject: 'session',
    summary: 'A session was closed before its end.',
    codec: SessionRevoked,
    example: examples.sessionRevoked,
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
  'outlay.ledger.category.created.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.CategoryCreated',
    subject: 'category',
    summary: 'A category exists.',
    codec: CategoryCreated,
    example: examples.categoryCreated,
  }),
  'outlay.ledger.account.created.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.AccountCreated',
    subject: 'account',
    summary: 'An account exists.',
    codec: AccountCreated,
    example: examples.accountCreated,
  }),
  'outlay.ledger.project.created.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ProjectCreated',
    subject: 'project',
    summary: 'A project exists.',
    codec: ProjectCreated,
    example: examples.projectCreated,
  }),
  'outlay.ledger.import.completed.v1': event({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ImportCompleted',
    subject: 'import',
    summary: 'Each row of an imported file has its fate.',
    codec: ImportCompleted,
    example: examples.importCompleted,
  }),
} as const;

export type EventName = keyof typeof events;

/** The data of the event with this name. */
export type EventData<N extends EventName> = (typeof events)[N] extends EventDefinition<infer T> ? T : never;
