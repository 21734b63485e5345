import { defineRoute } from '../http/define-route.ts';
import { projectExample, projectPage, renderNamed } from '../schemas/book.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';

export const listProjects = defineRoute({
  operationId: 'listProjects',
  method: 'get',
  path: '/projects',
  summary: 'List the projects',
  tags: ['Projects'],
  auth: 'tenant',
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of projects, by name.',
      schema: projectPage,
      example: { data: [projectExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { projects, page } = await services.ledger.listProjects(context, { page: toPageRequest(query) });
    return { status: 200, body: { data: projects.map(renderNamed), pagination: renderPagination(page, query.limit) } };
  },
});
