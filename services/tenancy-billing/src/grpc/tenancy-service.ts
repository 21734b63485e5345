import { access, tenancy as contract } from '@outlay/contracts';
import { type BoundService, defineService, parseInput, parsePage, toPage } from '@outlay/platform';
import type { Tenancy } from '../application/tenancy.ts';
import { tenantNotFound } from '../store/tenants.ts';
import {
  changePlanSchema,
  planPosition,
  registerTenantSchema,
  tenantPosition,
  updateTenantSchema,
} from './request-schemas.ts';
import { toPlanMessage, toTenantMessage } from './responses.ts';

/** The RPCs of this service: what is read from its request, and which use case answers it. */
export function tenancyService(tenancy: Tenancy): BoundService {
  return defineService(contract.TenancyBillingServiceService, access.tenancy, {
    async registerTenant(context, request) {
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

    async resolveTenant(context, { by }) {
      if (by === undefined) throw tenantNotFound();
      const tenant = await tenancy.resolveTenant(
        context,
        by.$case === 'tenantId' ? { tenantId: by.value } : { subdomain: by.value },
      );
      return { tenant: toTenantMessage(tenant) };
    },

    async getTenant(context, request) {
      const isOther = request.tenantId !== '' && request.tenantId.toLowerCase() !== context.tenantId;
      if (isOther) throw tenantNotFound();
      const { tenant, entitlements } = await tenancy.getTenant(context);
      return { tenant: toTenantMessage(tenant), entitlements };
    },

    async updateTenant(context, request) {
      const { name, version, settings } = parseInput(updateTenantSchema, {
        name: request.name,
        version: request.version,
        settings: { currency: request.currency, timezone: request.timezone, date_format: request.dateFormat },
      });
      const { currency, timezone, date_format: dateFormat } = settings;
      const { tenant, replayed } = await tenancy.updateTenant(context, {
        ...(name !== undefined && { name }),
        ...(version !== undefined && { version }),
        settings: {
          ...(currency !== undefined && { currency }),
          ...(timezone !== undefined && { timezone }),
          ...(dateFormat !== undefined && { dateFormat }),
        },
      });
      return { tenant: toTenantMessage(tenant), replayed };
    },

    async listTenants(context, request) {
      const { limit, after } = parsePage(request.page, tenantPosition);
      const found = await tenancy.listTenants(context, { after: after?.id, count: limit + 1 });
      const { entries, page } = toPage(found, limit, ({ id }) => ({ id }));
      return { tenants: entries.map(toTenantMessage), page };
    },

    async getUsage(context) {
      const usage = await tenancy.getUsage(context);
      return { usage: usage.map(({ scopeId = '', ...used }) => ({ ...used, scopeId })) };
    },

    async changePlan(context, request) {
      const { plan, version } = parseInput(changePlanSchema, { plan: request.plan, version: request.version });
      const command = { tenantId: request.tenantId, plan, ...(version !== undefined && { version }) };
      const { tenant, replayed } = await tenancy.changePlan(context, command);
      return { tenant: toTenantMessage(tenant), replayed };
    },

    async listPlans(context, request) {
      const { limit, after } = parsePage(request.page, planPosition);
      const found = await tenancy.listPlans(context, { after: after?.code, count: limit + 1 });
      const { entries, page } = toPage(found, limit, ({ code }) => ({ code }));
      return { plans: entries.map(toPlanMessage), page };
    },
  });
}
