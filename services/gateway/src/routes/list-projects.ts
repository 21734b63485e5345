import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { projectExample, projectPage, projectQuery, renderProject } from '../schemas/project.ts';

export const listProjects = defineRoute({
  operationId: 'listProjects',
  method: 'get',
  path: '/projects',
  summary: 'List the projects',
  description: 'By name. Archived ones are left out unless they are asked for.',
  tags: ['Projects'],
  access: access.ledger.listProjects,
  request: { query: projectQuery },
  responses: {
    200: {
      description: 'A page of projects, by name.',
      schema: projectPage,
      example: { data: [projectExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { projects, page } = await services.ledger.listProjects(context, {
      page: toPageRequest(query),
      ...{ archived: query.archived, text: query.text },
    });
    return {
      status: 200,
      body: { data: projects.map(renderProject), pagination: renderPagination(page, query.limit) },
    };
  },
});
