import type { EventDefinition } from './events/define-event.ts';
import { eventsOfExpenses } from './events/events-of-expenses.ts';
import { eventsOfIdentity } from './events/events-of-identity.ts';
import { eventsOfImports } from './events/events-of-imports.ts';
import { eventsOfReferences } from './events/events-of-references.ts';
import { eventsOfSeals } from './events/events-of-seals.ts';
import { eventsOfTenancy } from './events/events-of-tenancy.ts';
import { eventsOfUsage } from './events/events-of-usage.ts';

export type { EventDefinition };

/**
 * Every event of the platform, by its CloudEvents `type`, which is its routing key on the bus as well.
 * A fact of the past with all that a consumer needs to act on it without calling back.
 */
export const events = {
  ...eventsOfIdentity,
  ...eventsOfTenancy,
  ...eventsOfExpenses,
  ...eventsOfReferences,
  ...eventsOfImports,
  ...eventsOfSeals,
  ...eventsOfUsage,
} as const;

export type EventName = keyof typeof events;

/** The data of the event with this name. */
export type EventData<N extends EventName> = (typeof events)[N] extends EventDefinition<infer T> ? T : never;
