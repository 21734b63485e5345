import type { tenancy } from '@outlay/contracts';
import { z } from 'zod';
import { currency, instant, name, pageOf, present, renderInstant, uuid, version } from './common.ts';

export const dateFormats = ['YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YYYY', 'DD.MM.YYYY'] as const;

const timezone = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_+/-]+$/, 'must be a name of the time zone database')
  .meta({ description: 'IANA name. Decides what today, this month and 9 AM mean.', examples: ['Europe/Berlin'] });

const settings = z
  .strictObject({
    currency: currency.meta({ description: 'All totals are in it. Fixed once something is booked.' }),
    timezone,
    date_format: z.enum(dateFormats).meta({ description: 'How dates are shown to people.' }),
  })
  .meta({ id: 'TenantSettings' });

export const tenantSchema = z
  .strictObject({
    id: uuid,
    name: z.string(),
    subdomain: z.string(),
    status: z.string().meta({ description: '`active` or `suspended`.' }),
    plan: z.enum(['basic', 'professional']),
    settings,
    version,
    created_at: instant,
  })
  .meta({ id: 'Tenant', description: 'A company that keeps its spending here.' });

export const tenantPage = pageOf('TenantPage', tenantSchema);

export const updateTenantBody = z
  .strictObject({
    name: name(100).optional(),
    settings: settings.partial().optional(),
  })
  .meta({ id: 'TenantUpdate' });

export const replaceTenantBody = z.strictObject({ name: name(100), settings }).meta({ id: 'TenantReplacement' });

export const tenantExample: z.input<typeof tenantSchema> = {
  id: '0197a3c0-0000-7000-8000-000000000001',
  name: 'Acme',
  subdomain: 'acme',
  status: 'active',
  plan: 'basic',
  settings: { currency: 'EUR', timezone: 'Europe/Berlin', date_format: 'DD.MM.YYYY' },
  version: 1,
  created_at: '2025-01-10T08:30:00.000Z',
};

export function renderTenant(given: tenancy.Tenant | undefined): z.input<typeof tenantSchema> {
  const tenant = present(given, 'a tenant');
  return {
    id: tenant.id,
    name: tenant.name,
    subdomain: tenant.subdomain,
    status: tenant.status,
    plan: tenant.plan as 'basic' | 'professional',
    settings: {
      currency: tenant.settings?.currency ?? '',
      timezone: tenant.settings?.timezone ?? '',
      date_format: tenant.settings?.dateFormat as (typeof dateFormats)[number],
    },
    version: Number(tenant.version),
    created_at: renderInstant(tenant.createdAt),
  };
}
