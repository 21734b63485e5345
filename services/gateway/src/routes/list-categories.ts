import { defineRoute } from '../http/define-route.ts';
import { categoryExample, categoryPage, renderNamed } from '../schemas/book.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';

export const listCategories = defineRoute({
  operationId: 'listCategories',
  method: 'get',
  path: '/categories',
  summary: 'List the categories',
  tags: ['Categories'],
  auth: 'tenant',
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of categories, by name.',
      schema: categoryPage,
      example: { data: [categoryExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { categories, page } = await services.ledger.listCategories(context, { page: toPageRequest(query) });
    return {
      status: 200,
      body: { data: categories.map(renderNamed), pagination: renderPagination(page, query.limit) },
    };
  },
});
