import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { deletion } from '../schemas/reference.ts';

export const deleteProject = defineRoute({
  operationId: 'deleteProject',
  method: 'delete',
  path: '/projects/{id}',
  summary: 'Delete a project',
  description: deletion,
  tags: ['Projects'],
  access: access.ledger.deleteProject,
  ifMatch: true,
  notFound: 'project_not_found',
  request: { params: idParams },
  responses: { 204: { description: 'It is removed or archived.', schema: z.undefined(), example: undefined } },
  async handle({ context, params, ifMatch, services }) {
    const { replayed } = await services.ledger.deleteProject(context, { projectId: params.id, version: ifMatch });
    return { status: 204, body: undefined, replayed };
  },
});
