import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { uuid } from '../schemas/common.ts';
import { registerBody } from '../schemas/session.ts';
import { renderTenant, tenantExample, tenantSchema } from '../schemas/tenant.ts';

const registrationSchema = z
  .strictObject({
    tenant: tenantSchema,
    user: z
      .strictObject({
        id: uuid,
        email: z.string(),
        first_name: z.string(),
        last_name: z.string(),
        role: z.literal('owner'),
      })
      .meta({ id: 'Owner' }),
  })
  .meta({ id: 'Registered' });

export const registerTenant = defineRoute({
  operationId: 'registerTenant',
  method: 'post',
  path: '/auth/register',
  summary: 'Register a tenant with its owner',
  description: 'Makes a tenant on plan Basic. The owner gets a welcome mail and can log in at once.',
  tags: ['Sign-in'],
  access: access.tenancy.registerTenant,
  request: {
    body: registerBody,
    bodyExample: {
      name: 'Acme',
      subdomain: 'acme',
      owner_email: 'mara@acme.example',
      owner_password: 'Password123',
      owner_first_name: 'Mara',
      owner_last_name: 'Lind',
    },
  },
  responses: {
    201: {
      description: 'The tenant and its owner exist.',
      schema: registrationSchema,
      example: {
        tenant: tenantExample,
        user: {
          id: '0197a3c0-6666-7000-8000-000000000001',
          email: 'mara@acme.example',
          first_name: 'Mara',
          last_name: 'Lind',
          role: 'owner',
        },
      },
    },
  },
  errors: [
    'subdomain_taken',
    'email_taken',
    'too_many_registrations',
    'identity_unavailable',
    'registration_too_late',
    'registration_abandoned',
  ],
  async handle({ context, body, services }) {
    const { tenant, ownerUserId, replayed } = await services.tenancy.registerTenant(context, {
      name: body.name,
      subdomain: body.subdomain,
      ownerEmail: body.owner_email,
      ownerPassword: body.owner_password,
      ownerFirstName: body.owner_first_name,
      ownerLastName: body.owner_last_name,
    });
    return {
      status: 201,
      replayed,
      body: {
        tenant: renderTenant(tenant),
        user: {
          id: ownerUserId,
          email: body.owner_email,
          // As identity stores them.
          first_name: body.owner_first_name.trim(),
          last_name: body.owner_last_name.trim(),
          role: 'owner',
        },
      },
    };
  },
});
