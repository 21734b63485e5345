import { access } from '@outlay/contracts';
import type { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';
import { replaceMeBody, updateMeBody } from '../schemas/person.ts';
import { renderUser, userExample, userSchema } from '../schemas/session.ts';

export const updateMe = changeBy(
  {
    operationId: 'updateMe',
    method: 'patch',
    summary: 'Change your name',
    description:
      'What is left out stays. All tenants of the person are told. If-Match takes the `version` of the user.',
  },
  updateMeBody,
  { last_name: 'Lindqvist' },
);

/** The same with all of it. */
export const replaceMe = changeBy(
  {
    operationId: 'replaceMe',
    method: 'put',
    summary: 'Replace your name',
    description:
      'All that can be changed here. All tenants of the person are told. If-Match takes the `version` of the user.',
  },
  replaceMeBody,
  { first_name: 'Mara', last_name: 'Lindqvist' },
);

function changeBy(
  form: Pick<Route, 'operationId' | 'method' | 'summary' | 'description'>,
  body: typeof updateMeBody | typeof replaceMeBody,
  bodyExample: z.input<typeof updateMeBody | typeof replaceMeBody>,
) {
  return defineRoute({
    ...form,
    path: '/users/me',
    tags: ['People'],
    access: access.identity.updateMe,
    ifMatch: true,
    request: { body, bodyExample },
    responses: {
      200: {
        description: 'The person as they are now.',
        schema: userSchema,
        example: { ...userExample, last_name: 'Lindqvist', version: 2 },
        etag: true,
      },
    },
    errors: ['user_not_found'],
    async handle({ context, body, ifMatch, services }) {
      const { user, replayed } = await services.identity.updateMe(context, {
        firstName: body.first_name,
        lastName: body.last_name,
        version: ifMatch,
      });
      return { status: 200, body: renderUser(user), version: user?.version, replayed };
    },
  });
}
