import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { openSessionExample, openSessionPage, renderOpenSession } from '../schemas/sign-in.ts';

export const listSessions = defineRoute({
  operationId: 'listSessions',
  method: 'get',
  path: '/users/me/sessions',
  summary: 'List your open sessions',
  description: 'In all tenants, the one last used first.',
  tags: ['People'],
  access: access.identity.listSessions,
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of sessions.',
      schema: openSessionPage,
      example: { data: [openSessionExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { sessions, page } = await services.identity.listSessions(context, { page: toPageRequest(query) });
    return {
      status: 200,
      body: { data: sessions.map(renderOpenSession), pagination: renderPagination(page, query.limit) },
    };
  },
});
