import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import {
  allCategoryFields,
  categoryBody,
  categoryBodyExample,
  categoryExample,
  categoryPatchBody,
  categorySchema,
  renderCategory,
  toCategoryInput,
} from '../schemas/category.ts';
import { idParams } from '../schemas/common.ts';

const common = {
  path: '/categories/{id}',
  tags: ['Categories'],
  access: access.ledger.updateCategory,
  ifMatch: true,
  notFound: 'category_not_found',
  errors: ['name_taken', 'category_has_children', 'parent_archived'],
} as const;

export const updateCategory = defineRoute({
  ...common,
  operationId: 'updateCategory',
  method: 'patch',
  summary: 'Change, archive or restore a category',
  description:
    'What is left out stays. All beneath a category moves along with it. One with children that are not archived cannot be archived, and one beneath an archived one not be restored.',
  request: { params: idParams, body: categoryPatchBody, bodyExample: { name: 'Software and services' } },
  responses: {
    200: {
      description: 'The category as it is now.',
      schema: categorySchema,
      example: {
        ...categoryExample,
        name: 'Software and services',
        path: ['Tools', 'Software and services'],
        version: 2,
      },
      etag: true,
    },
  },
  async handle({ context, params, body, ifMatch, services }) {
    const { archived, ...changes } = body;
    const { category, replayed } = await services.ledger.updateCategory(context, {
      categoryId: params.id,
      input: toCategoryInput(changes),
      updateMask: Object.keys(changes),
      ...{ archived, version: ifMatch },
    });
    return { status: 200, body: renderCategory(category), version: category?.version, replayed };
  },
});

/** The same with all of it. */
export const replaceCategory = defineRoute({
  ...common,
  operationId: 'replaceCategory',
  method: 'put',
  summary: 'Replace a category',
  description: 'What is left out becomes empty; whether it is archived stays.',
  request: { params: idParams, body: categoryBody, bodyExample: categoryBodyExample },
  responses: {
    200: {
      description: 'The category as it is now.',
      schema: categorySchema,
      example: { ...categoryExample, version: 2 },
      etag: true,
    },
  },
  async handle({ context, params, body, ifMatch, services }) {
    const { category, replayed } = await services.ledger.updateCategory(context, {
      categoryId: params.id,
      input: toCategoryInput(body),
      updateMask: allCategoryFields,
      version: ifMatch,
    });
    return { status: 200, body: renderCategory(category), version: category?.version, replayed };
  },
});
