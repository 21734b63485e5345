import { access } from '@outlay/contracts';
import type { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { exportExample, exportSchema } from '../schemas/person.ts';

export const exportMe = defineRoute({
  operationId: 'exportMe',
  method: 'get',
  path: '/users/me/export',
  summary: 'Export your personal data',
  description:
    'All that is kept of the person as such: profile, memberships, sessions, entries of security logs about them, ' +
    'invitations to their address and API keys they made; of each list the newest thousand. What they booked is ' +
    "the tenant's and is found by `GET /expenses?user_id=`.",
  tags: ['People'],
  access: access.identity.exportMe,
  responses: {
    200: {
      description: 'A file of JSON.',
      schema: exportSchema,
      example: exportExample,
      attachment: 'outlay-personal-data.json',
    },
  },
  errors: ['user_not_found'],
  async handle({ context, services }) {
    const { data } = await services.identity.exportMe(context, {});
    return { status: 200, body: data as z.input<typeof exportSchema> };
  },
});
