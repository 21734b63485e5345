import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderInstant } from '../schemas/common.ts';
import { erasedSchema, eraseMeBody } from '../schemas/person.ts';

export const eraseMe = defineRoute({
  operationId: 'eraseMe',
  method: 'delete',
  path: '/users/me',
  summary: 'Erase your personal data',
  description:
    'For good: the person leaves all tenants, and address, name and credentials are forgotten everywhere. What they ' +
    'booked stays with their tenants, under an id that names nobody. Who owns a tenant hands it over first. The ' +
    'address can register again. Takes no Idempotency-Key: afterwards there is nobody who could repeat it. A repetition is 401, ' +
    'which says that it was done.',
  tags: ['People'],
  access: access.identity.eraseMe,
  // Its answer would be kept under the person's id, for a token that no gateway takes any more.
  idempotencyKey: false,
  request: { body: eraseMeBody, bodyExample: { password: 'Password123' } },
  responses: {
    200: {
      description: 'It is done, and all sessions are closed.',
      schema: erasedSchema,
      example: { erased_at: '2025-01-16T09:00:00.000Z' },
    },
  },
  errors: [
    'user_not_found',
    'owner_cannot_leave',
    'changed_meanwhile',
    'invalid_credentials',
    'second_factor_required',
    'too_many_attempts',
  ],
  async handle({ context, body, services, closeSession }) {
    const { erasedAt, sessionIds } = await services.identity.eraseMe(context, {
      password: body.password,
      code: body.code ?? '',
    });
    for (const sessionId of sessionIds) closeSession(sessionId);
    return { status: 200, body: { erased_at: renderInstant(erasedAt) } };
  },
});
