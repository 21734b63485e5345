import { queues } from '@outlay/contracts';
import { type Bus, type Consumer, createConsumer } from '@outlay/messaging';
import type { Database, Logger } from '@outlay/platform';
import { onEntitlementsChanged } from './on-entitlements-changed.ts';
import { onTenantRegistered } from './on-tenant-registered.ts';
import { onTenantUpdated } from './on-tenant-updated.ts';

const queue = queues['ledger.tenants'];

/** Keeps what the ledger must know of its tenants. */
export const createTenantConsumer = (options: { database: Database; bus: Bus; logger: Logger }): Consumer =>
  createConsumer<(typeof queue.events)[number]>({
    ...options,
    queue,
    handlers: {
      'outlay.tenancy.tenant.registered.v1': onTenantRegistered,
      'outlay.tenancy.tenant.updated.v1': onTenantUpdated,
      'outlay.tenancy.entitlements.changed.v1': onEntitlementsChanged,
    },
  });
