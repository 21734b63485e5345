import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { deletion } from '../schemas/reference.ts';

export const deleteCategory = defineRoute({
  operationId: 'deleteCategory',
  method: 'delete',
  path: '/categories/{id}',
  summary: 'Delete a category',
  description: `${deletion} One with children that are not archived stays.`,
  tags: ['Categories'],
  access: access.ledger.deleteCategory,
  ifMatch: true,
  notFound: 'category_not_found',
  request: { params: idParams },
  responses: { 204: { description: 'It is removed or archived.', schema: z.undefined(), example: undefined } },
  errors: ['category_has_children'],
  async handle({ context, params, ifMatch, services }) {
    const { replayed } = await services.ledger.deleteCategory(context, { categoryId: params.id, version: ifMatch });
    return { status: 204, body: undefined, replayed };
  },
});
