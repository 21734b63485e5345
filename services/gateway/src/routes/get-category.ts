import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { categoryExample, categorySchema, renderCategory } from '../schemas/category.ts';
import { idParams } from '../schemas/common.ts';

export const getCategory = defineRoute({
  operationId: 'getCategory',
  method: 'get',
  path: '/categories/{id}',
  summary: 'Show a category',
  description: 'Archived ones too.',
  tags: ['Categories'],
  access: access.ledger.getCategory,
  notFound: 'category_not_found',
  request: { params: idParams },
  responses: {
    200: { description: 'The category.', schema: categorySchema, example: categoryExample, etag: true },
  },
  async handle({ context, params, services }) {
    const { category } = await services.ledger.getCategory(context, { categoryId: params.id });
    return { status: 200, body: renderCategory(category), version: category?.version };
  },
});
