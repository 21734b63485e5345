import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams, renderWarnings } from '../schemas/common.ts';
import {
  allProjectFields,
  changedProjectSchema,
  projectBody,
  projectBodyExample,
  projectExample,
  projectPatchBody,
  renderProject,
  toProjectInput,
} from '../schemas/project.ts';

const common = {
  path: '/projects/{id}',
  tags: ['Projects'],
  access: access.ledger.updateProject,
  ifMatch: true,
  notFound: 'project_not_found',
  errors: ['name_taken', 'plan_limit_reached', 'plan_unknown'],
} as const;

export const updateProject = defineRoute({
  ...common,
  operationId: 'updateProject',
  method: 'patch',
  summary: 'Change, archive or restore a project',
  description: 'What is left out stays.',
  request: { params: idParams, body: projectPatchBody, bodyExample: { name: 'Web shop' } },
  responses: {
    200: {
      description: 'The project as it is now.',
      schema: changedProjectSchema,
      example: { ...projectExample, name: 'Web shop', version: 2 },
      etag: true,
    },
  },
  async handle({ context, params, body, ifMatch, services }) {
    const { archived, ...changes } = body;
    const { project, replayed, warnings } = await services.ledger.updateProject(context, {
      projectId: params.id,
      input: toProjectInput(changes),
      updateMask: Object.keys(changes),
      ...{ archived, version: ifMatch },
    });
    return {
      status: 200,
      body: { ...renderProject(project), ...renderWarnings(warnings) },
      version: project?.version,
      replayed,
    };
  },
});

/** The same with all of it. */
export const replaceProject = defineRoute({
  ...common,
  operationId: 'replaceProject',
  method: 'put',
  summary: 'Replace a project',
  description: 'What is left out becomes empty; whether it is archived stays.',
  request: { params: idParams, body: projectBody, bodyExample: projectBodyExample },
  responses: {
    200: {
      description: 'The project as it is now.',
      schema: changedProjectSchema,
      example: { ...projectExample, version: 2 },
      etag: true,
    },
  },
  async handle({ context, params, body, ifMatch, services }) {
    const { project, replayed, warnings } = await services.ledger.updateProject(context, {
      projectId: params.id,
      input: toProjectInput(body),
      updateMask: allProjectFields,
      version: ifMatch,
    });
    return {
      status: 200,
      body: { ...renderProject(project), ...renderWarnings(warnings) },
      version: project?.version,
      replayed,
    };
  },
});
