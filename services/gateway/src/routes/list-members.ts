import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { memberExample, memberPage, memberQuery, renderMember } from '../schemas/member.ts';

export const listMembers = defineRoute({
  operationId: 'listMembers',
  method: 'get',
  path: '/members',
  summary: 'List the people of the tenant, by name',
  description: 'Everybody who belongs to the tenant, with their role; `role` narrows the list.',
  tags: ['Members'],
  access: access.identity.listMembers,
  request: { query: memberQuery },
  responses: {
    200: {
      description: 'A page of members.',
      schema: memberPage,
      example: { data: [memberExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { members, page } = await services.identity.listMembers(context, {
      page: toPageRequest(query),
      role: query.role ?? '',
    });
    return { status: 200, body: { data: members.map(renderMember), pagination: renderPagination(page, query.limit) } };
  },
});
