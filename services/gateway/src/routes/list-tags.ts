import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { renderTag, tagExample, tagPage, tagQuery } from '../schemas/tag.ts';

export const listTags = defineRoute({
  operationId: 'listTags',
  method: 'get',
  path: '/tags',
  summary: 'List the tags',
  description: 'Of posted expenses, by name, with how many have them. Members see the tags of their own expenses.',
  tags: ['Expenses'],
  access: access.ledger.listTags,
  request: { query: tagQuery },
  responses: {
    200: {
      description: 'A page of tags, by name.',
      schema: tagPage,
      example: { data: [tagExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { tags, page } = await services.ledger.listTags(context, {
      page: toPageRequest(query),
      prefix: query.prefix ?? '',
    });
    return { status: 200, body: { data: tags.map(renderTag), pagination: renderPagination(page, query.limit) } };
  },
});
