import { defineRoute } from '../http/define-route.ts';
import { createProjectBody, projectExample, projectSchema, renderNamed } from '../schemas/book.ts';

export const createProject = defineRoute({
  operationId: 'createProject',
  method: 'post',
  path: '/projects',
  summary: 'Make a project',
  tags: ['Projects'],
  auth: 'tenant',
  roles: ['owner', 'admin'],
  request: { body: createProjectBody, bodyExample: { name: 'Website' } },
  responses: {
    201: { description: 'The project exists.', schema: projectSchema, example: projectExample, etag: true },
  },
  errors: ['name_taken'],
  async handle({ context, body, services }) {
    const { project, replayed } = await services.ledger.createProject(context, body);
    return { status: 201, body: renderNamed(project), version: project?.version, replayed };
  },
});
