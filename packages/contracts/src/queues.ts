import type { EventDefinition, EventName } from './events.ts';

/** One purpose of one consumer: what it receives, and how often and when it is tried again before it is parked. */
export interface QueueDefinition<E extends EventName = EventName> {
  readonly name: string;
  /** The service that consumes it. */
  readonly owner: EventDefinition['owner'];
  readonly events: readonly E[];
  /** Deliveries before a message is parked. */
  readonly attempts: number;
  /** Wait before each further attempt; the last one repeats. */
  readonly backoffMs: readonly number[];
}

const queue = <const E extends EventName>(definition: QueueDefinition<E>): QueueDefinition<E> => definition;

const patient = { attempts: 12, backoffMs: [200, 1_000, 5_000, 30_000, 120_000] } as const;

/**
 * Every queue of the bus. Publishers and consumers alike declare all of them when they start, so that an event
 * waits for a consumer that has never run.
 */
export const queues = {
  'identity.tenants': queue({
    name: 'identity.tenants',
    owner: 'identity',
    events: ['outlay.tenancy.tenant.updated.v1', 'outlay.tenancy.entitlements.changed.v1'],
    ...patient,
  }),
  'ledger.tenants': queue({
    name: 'ledger.tenants',
    owner: 'ledger',
    events: [
      'outlay.tenancy.tenant.registered.v1',
      'outlay.tenancy.tenant.updated.v1',
      'outlay.tenancy.entitlements.changed.v1',
    ],
    ...patient,
  }),
  'tenancy-billing.usage': queue({
    name: 'tenancy-billing.usage',
    owner: 'tenancy-billing',
    events: ['outlay.ledger.usage.changed.v1'],
    ...patient,
  }),
  'notifications.mail': queue({
    name: 'notifications.mail',
    owner: 'notifications',
    events: [
      'outlay.tenancy.tenant.registered.v1',
      'outlay.identity.email_verification.requested.v1',
      'outlay.identity.password_reset.requested.v1',
      'outlay.identity.credentials.changed.v1',
      'outlay.identity.invitation.sent.v1',
    ],
    ...patient,
  }),
  'notifications.people': queue({
    name: 'notifications.people',
    owner: 'notifications',
    events: ['outlay.identity.member.joined.v1', 'outlay.identity.person.erased.v1'],
    ...patient,
  }),
  'reporting.projections': queue({
    name: 'reporting.projections',
    owner: 'reporting',
    events: [
      'outlay.tenancy.tenant.registered.v1',
      'outlay.tenancy.tenant.updated.v1',
      'outlay.ledger.expense.recorded.v1',
      'outlay.ledger.expense.edited.v1',
      'outlay.ledger.expense.reversed.v1',
      'outlay.ledger.expense.restated.v1',
      'outlay.ledger.category.created.v1',
      'outlay.ledger.category.updated.v1',
      'outlay.ledger.category.archived.v1',
      'outlay.ledger.category.restored.v1',
      'outlay.ledger.account.created.v1',
      'outlay.ledger.account.updated.v1',
      'outlay.ledger.account.archived.v1',
      'outlay.ledger.account.restored.v1',
      'outlay.ledger.project.created.v1',
      'outlay.ledger.project.updated.v1',
      'outlay.ledger.project.archived.v1',
      'outlay.ledger.project.restored.v1',
    ],
    ...patient,
  }),
} as const;

export type QueueName = keyof typeof queues;

/** The queues that receive this event. */
export const queuesOf = (name: EventName): QueueDefinition[] =>
  Object.values<QueueDefinition>(queues).filter((candidate) => candidate.events.includes(name));
