import * as messages from '../../generated/outlay/tenancy/events/v1/events.ts';
import { defineEvent } from './define-event.ts';
import { userId } from './events-of-identity.ts';

const tenantSettings = { currency: 'EUR', timezone: 'Europe/Berlin', dateFormat: 'DD.MM.YYYY' };

const basicEntitlements = [
  { metric: 'users', limit: '1', mode: 'hard' },
  { metric: 'projects', limit: '3', mode: 'hard' },
  { metric: 'accounts', limit: '3', mode: 'hard' },
  { metric: 'expenses_per_project', limit: '100', mode: 'soft' },
  { metric: 'expenses_total', limit: '100000', mode: 'hard' },
];

const tenantRegistered = {
  name: 'Acme',
  subdomain: 'acme',
  plan: 'basic',
  settings: tenantSettings,
  owner: {
    userId,
    email: 'mara@acme.example',
    firstName: 'Mara',
    lastName: 'Lind',
  },
  entitlements: basicEntitlements,
  registeredAt: '2025-01-10T08:30:00.000Z',
};

const tenantUpdated = {
  name: 'Acme',
  subdomain: 'acme',
  status: 'active',
  settings: tenantSettings,
  updatedAt: '2025-01-11T08:30:00.000Z',
};

const entitlementsChanged = {
  plan: 'basic',
  planVersion: 1,
  entitlements: basicEntitlements,
  changedAt: '2025-01-12T08:30:00.000Z',
};

/** What tenancy-billing tells of tenants and their plans. */
export const eventsOfTenancy = {
  'outlay.tenancy.tenant.registered.v1': defineEvent({
    owner: 'tenancy-billing',
    message: 'outlay.tenancy.events.v1.TenantRegistered',
    subject: 'tenant',
    summary: 'A tenant and its owner exist.',
    codec: messages.TenantRegistered,
    example: tenantRegistered,
  }),
  'outlay.tenancy.tenant.updated.v1': defineEvent({
    owner: 'tenancy-billing',
    message: 'outlay.tenancy.events.v1.TenantUpdated',
    subject: 'tenant',
    summary: 'Name or settings of a tenant changed.',
    codec: messages.TenantUpdated,
    example: tenantUpdated,
  }),
  'outlay.tenancy.entitlements.changed.v1': defineEvent({
    owner: 'tenancy-billing',
    message: 'outlay.tenancy.events.v1.EntitlementsChanged',
    subject: 'tenant',
    summary: 'What a tenant may use changed.',
    codec: messages.EntitlementsChanged,
    example: entitlementsChanged,
  }),
} as const;
