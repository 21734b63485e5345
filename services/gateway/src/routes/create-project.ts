import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderWarnings } from '../schemas/common.ts';
import {
  changedProjectSchema,
  projectBody,
  projectBodyExample,
  projectExample,
  renderProject,
  toProjectInput,
} from '../schemas/project.ts';

export const createProject = defineRoute({
  operationId: 'createProject',
  method: 'post',
  path: '/projects',
  summary: 'Make a project',
  description: 'Projects say whom or what expenses are made for.',
  tags: ['Projects'],
  access: access.ledger.createProject,
  request: { body: projectBody, bodyExample: projectBodyExample },
  responses: {
    201: { description: 'The project exists.', schema: changedProjectSchema, example: projectExample, etag: true },
  },
  errors: ['name_taken', 'plan_limit_reached', 'plan_unknown'],
  async handle({ context, body, services }) {
    const { project, replayed, warnings } = await services.ledger.createProject(context, toProjectInput(body));
    return {
      status: 201,
      body: { ...renderProject(project), ...renderWarnings(warnings) },
      version: project?.version,
      replayed,
    };
  },
});
