import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { memberExample, memberSchema, renderMember } from '../schemas/member.ts';

export const getMember = defineRoute({
  operationId: 'getMember',
  method: 'get',
  path: '/members/{id}',
  summary: 'Show a member',
  description: 'One person of the tenant, by their user id. The `version` goes into `If-Match` of a change of role.',
  tags: ['Members'],
  access: access.identity.getMember,
  notFound: 'member_not_found',
  request: { params: idParams },
  responses: {
    200: {
      description: 'The member.',
      schema: memberSchema,
      example: memberExample,
      // The version is that of the membership: a changed name leaves it as it is.
      etag: 'for_changes',
    },
  },
  async handle({ context, params, services }) {
    const { member } = await services.identity.getMember(context, { userId: params.id });
    return { status: 200, body: renderMember(member), version: member?.version };
  },
});
