import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { categoryExample, categoryPage, categoryQuery, renderCategory } from '../schemas/category.ts';
import { paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';

export const listCategories = defineRoute({
  operationId: 'listCategories',
  method: 'get',
  path: '/categories',
  summary: 'List the categories',
  description: 'By name, each with its parent and path. Archived ones are left out unless they are asked for.',
  tags: ['Categories'],
  access: access.ledger.listCategories,
  request: { query: categoryQuery },
  responses: {
    200: {
      description: 'A page of categories, by name.',
      schema: categoryPage,
      example: { data: [categoryExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { categories, page } = await services.ledger.listCategories(context, {
      page: toPageRequest(query),
      ...{ archived: query.archived, text: query.text, parentId: query.parent_id },
    });
    return {
      status: 200,
      body: { data: categories.map(renderCategory), pagination: renderPagination(page, query.limit) },
    };
  },
});
