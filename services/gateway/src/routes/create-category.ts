import { defineRoute } from '../http/define-route.ts';
import { categoryExample, categorySchema, createCategoryBody, renderNamed } from '../schemas/book.ts';

export const createCategory = defineRoute({
  operationId: 'createCategory',
  method: 'post',
  path: '/categories',
  summary: 'Make a category',
  tags: ['Categories'],
  auth: 'tenant',
  roles: ['owner', 'admin'],
  request: { body: createCategoryBody, bodyExample: { name: 'Software' } },
  responses: {
    201: { description: 'The category exists.', schema: categorySchema, example: categoryExample, etag: true },
  },
  errors: ['name_taken'],
  async handle({ context, body, services }) {
    const { category, replayed } = await services.ledger.createCategory(context, body);
    return { status: 201, body: renderNamed(category), version: category?.version, replayed };
  },
});
