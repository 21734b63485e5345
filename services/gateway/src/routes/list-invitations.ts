import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { invitationExample, invitationPage, invitationQuery, renderInvitation } from '../schemas/member.ts';

export const listInvitations = defineRoute({
  operationId: 'listInvitations',
  method: 'get',
  path: '/invitations',
  summary: 'List invitations, newest first',
  description: 'Open ones unless `status` says otherwise. The token is in the mail alone.',
  tags: ['Invitations'],
  access: access.identity.listInvitations,
  request: { query: invitationQuery },
  responses: {
    200: {
      description: 'A page of invitations.',
      schema: invitationPage,
      example: { data: [invitationExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { invitations, page } = await services.identity.listInvitations(context, {
      page: toPageRequest(query),
      status: query.status,
    });
    return {
      status: 200,
      body: { data: invitations.map(renderInvitation), pagination: renderPagination(page, query.limit) },
    };
  },
});
