import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import {
  categoryBody,
  categoryBodyExample,
  categoryExample,
  categorySchema,
  renderCategory,
  toCategoryInput,
} from '../schemas/category.ts';

export const createCategory = defineRoute({
  operationId: 'createCategory',
  method: 'post',
  path: '/categories',
  summary: 'Make a category',
  description:
    'Categories say what expenses are for. They stand in a tree of up to 8 levels. A name is taken once among those that are not archived, wherever in the tree; names may differ by letter case alone.',
  tags: ['Categories'],
  access: access.ledger.createCategory,
  request: { body: categoryBody, bodyExample: categoryBodyExample },
  responses: {
    201: { description: 'The category exists.', schema: categorySchema, example: categoryExample, etag: true },
  },
  errors: ['name_taken'],
  async handle({ context, body, services }) {
    const { category, replayed } = await services.ledger.createCategory(context, toCategoryInput(body));
    return { status: 201, body: renderCategory(category), version: category?.version, replayed };
  },
});
