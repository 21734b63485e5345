import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { deliveryExample, deliveryPage, renderDelivery } from '../schemas/delivery.ts';

export const listDeliveries = defineRoute({
  operationId: 'listDeliveries',
  method: 'get',
  path: '/notifications/deliveries',
  summary: 'List mails and their outcome, newest first',
  description:
    'Kind, time and outcome of each mail, and the recipient unless it is about how they sign in; never what stands in it.',
  tags: ['Notifications'],
  access: access.notifications.listDeliveries,
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of deliveries.',
      schema: deliveryPage,
      example: { data: [deliveryExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { deliveries, page } = await services.notifications.listDeliveries(context, { page: toPageRequest(query) });
    return {
      status: 200,
      body: { data: deliveries.map(renderDelivery), pagination: renderPagination(page, query.limit) },
    };
  },
});
