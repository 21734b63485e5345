import * as messages from '../../generated/outlay/ledger/events/v1/events.ts';
import { defineEvent } from './define-event.ts';
import { project } from './events-of-references.ts';

const usageChanged = {
  usage: [
    { metric: 'accounts', used: '2' },
    { metric: 'expenses_per_project', used: '101', scopeId: project.id },
    { metric: 'expenses_total', used: '5222' },
    { metric: 'projects', used: '3' },
  ],
  countedAt: '2025-02-01T07:00:06.000Z',
};

const planLimitReached = {
  metric: 'expenses_per_project',
  scopeId: project.id,
  limit: '100',
  mode: 'soft',
  used: '101',
  reachedAt: '2025-02-01T07:00:06.000Z',
};

/** What the ledger tells of what a plan limits. */
export const eventsOfUsage = {
  'outlay.ledger.usage.changed.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.UsageChanged',
    subject: 'tenant',
    summary: 'What a tenant uses of what its plan limits.',
    codec: messages.UsageChanged,
    example: usageChanged,
  }),
  'outlay.ledger.plan_limit.reached.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.PlanLimitReached',
    subject: 'tenant',
    summary: 'A hard limit of a plan is used up, or a soft one exceeded.',
    codec: messages.PlanLimitReached,
    example: planLimitReached,
  }),
} as const;
