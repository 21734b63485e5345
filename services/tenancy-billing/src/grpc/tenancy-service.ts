import { tenancy as contract } from '@outlay/contracts';
import { type BoundService, defineService, parseInput } from '@outlay/platform';
import type { Tenancy } from '../application/tenancy.ts';
import { tenantNotFound } from '../store/tenants.ts';
import { changePlanSchema, pageSchema, registerTenantSchema, updateTenantSchema } from './request-schemas.ts';
import { toPlanMessage, toTenantMessage } from './responses.ts';

/** The RPCs of this service: who may call each, what is read from its request, and which use case answers it. */
export function tenancyService(tenancy: Tenancy): BoundService {
  return defineService(contract.TenancyBillingServiceService, {
    registerTenant: {
      access: 'public',
      async handle(context, request) {
        const registration = parseInput(registerTenantSchema, {
          name: request.name,
          subdomain: request.subdomain,
          owner_email: request.ownerEmail,
          owner_password: request.ownerPassword,
          owner_first_name: request.ownerFirstName,
          owner_last_name: request.ownerLastName,
        });
        const { tenant, ownerUserId, replayed } = await tenancy.registerTenant(context, {
          name: registration.name,
          subdomain: registration.subdomain,
          ownerEmail: registration.owner_email,
          ownerPassword: registration.owner_password,
          ownerFirstName: registration.owner_first_name,
          ownerLastName: registration.owner_last_name,
        });
        return { tenant: toTenantMessage(tenant), ownerUserId, replayed };
      },
    },

    resolveTenant: {
      access: 'public',
      async handle(context, { by }) {
        if (by === undefined) throw tenantNotFound();
        const tenant = await tenancy.resolveTenant(
          context,
          by.$case === 'tenantId' ? { tenantId: by.value } : { subdomain: by.value },
        );
        return { tenant: toTenantMessage(tenant) };
      },
    },

    getTenant: {
      access: 'tenant_or_service',
      async handle(context, request) {
        const isOther = request.tenantId !== '' && request.tenantId.toLowerCase() !== context.tenantId;
        if (isOther) throw tenantNotFound();
        const { tenant, entitlements } = await tenancy.getTenant(context);
        return { tenant: toTenantMessage(tenant), entitlements };
      },
    },

    updateTenant: {
      access: 'tenant',
      roles: ['owner', 'admin'],
      async handle(context, request) {
        const { name, version, settings } = parseInput(updateTenantSchema, {
          name: request.name,
          version: request.version,
          settings: { currency: request.currency, timezone: request.timezone, date_format: request.dateFormat },
        });
        const { currency, timezone, date_format: dateFormat } = settings;
        const tenant = await tenancy.updateTenant(context, {
          ...(name !== undefined && { name }),
          ...(version !== undefined && { version }),
          settings: {
            ...(currency !== undefined && { currency }),
            ...(timezone !== undefined && { timezone }),
            ...(dateFormat !== undefined && { dateFormat }),
          },
        });
        return { tenant: toTenantMessage(tenant) };
      },
    },

    listTenants: {
      access: 'platform_admin',
      async handle(context, { page }) {
        const wanted = parseInput(pageSchema, { limit: page?.limit ?? 0, cursor: page?.cursor ?? '' });
        const { tenants, nextCursor } = await tenancy.listTenants(context, wanted);
        return {
          tenants: tenants.map(toTenantMessage),
          page: { nextCursor: nextCursor ?? '', hasMore: nextCursor !== undefined, limit: wanted.limit },
        };
      },
    },

    changePlan: {
      access: 'platform_admin',
      async handle(context, request) {
        const { plan } = parseInput(changePlanSchema, { plan: request.plan });
        return { tenant: toTenantMessage(await tenancy.changePlan(context, { tenantId: request.tenantId, plan })) };
      },
    },

    listPlans: {
      access: 'public',
      handle: async (context) => ({ plans: (await tenancy.listPlans(context)).map(toPlanMessage) }),
    },
  });
}
