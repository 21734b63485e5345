import { access } from '@outlay/contracts';
import type { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { changeRoleBody, memberExample, memberSchema, renderMember } from '../schemas/member.ts';

export const changeMemberRole = changeBy(
  {
    operationId: 'changeMemberRole',
    method: 'patch',
    summary: 'Give a member another role',
    description:
      'Closes their sessions in the tenant: they sign in again. Ownership is handed over with `POST /tenant/owner`; ' +
      'one’s own role is changed by others.',
  },
  changeRoleBody,
  { role: 'analyst' },
);

/** The same with all of it. */
export const replaceMember = changeBy(
  {
    operationId: 'replaceMember',
    method: 'put',
    summary: 'Replace what can be changed of a member',
    description:
      'Closes their sessions in the tenant: they sign in again. Ownership is handed over with `POST /tenant/owner`; ' +
      'one’s own role is changed by others.',
  },
  changeRoleBody,
  { role: 'analyst' },
);

function changeBy(
  form: Pick<Route, 'operationId' | 'method' | 'summary' | 'description'>,
  body: typeof changeRoleBody,
  bodyExample: z.input<typeof changeRoleBody>,
) {
  return defineRoute({
    ...form,
    path: '/members/{id}',
    tags: ['Members'],
    access: access.identity.changeMemberRole,
    ifMatch: true,
    notFound: 'member_not_found',
    request: { params: idParams, body, bodyExample },
    responses: {
      200: { description: 'The member as they are now.', schema: memberSchema, example: memberExample, etag: true },
    },
    errors: ['owner_protected', 'own_membership'],
    async handle({ context, params, body, ifMatch, services, closeSession }) {
      const { member, sessionIds, replayed } = await services.identity.changeMemberRole(context, {
        userId: params.id,
        role: body.role,
        version: ifMatch,
      });
      for (const sessionId of sessionIds) closeSession(sessionId);
      return { status: 200, body: renderMember(member), version: member?.version, replayed };
    },
  });
}
