import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { projectExample, projectSchema, renderProject } from '../schemas/project.ts';

export const getProject = defineRoute({
  operationId: 'getProject',
  method: 'get',
  path: '/projects/{id}',
  summary: 'Show a project',
  description: 'Archived ones too.',
  tags: ['Projects'],
  access: access.ledger.getProject,
  notFound: 'project_not_found',
  request: { params: idParams },
  responses: {
    200: { description: 'The project.', schema: projectSchema, example: projectExample, etag: true },
  },
  async handle({ context, params, services }) {
    const { project } = await services.ledger.getProject(context, { projectId: params.id });
    return { status: 200, body: renderProject(project), version: project?.version };
  },
});
