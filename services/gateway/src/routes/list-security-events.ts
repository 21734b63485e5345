import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import {
  isNoPeriod,
  isPeriod,
  optionalText,
  pageQuery,
  paginationExample,
  periodQuery,
  renderPagination,
  toPageRequest,
  toPeriod,
  uuid,
} from '../schemas/common.ts';
import { renderSecurityEvent, securityEventExample, securityEventPage } from '../schemas/security-event.ts';

const query = z
  .strictObject({
    kind: optionalText(64).min(1).optional().meta({ description: 'Such as `login.failed`.' }),
    user_id: uuid.optional().meta({ description: 'About this person.' }),
    ...periodQuery,
    ...pageQuery,
  })
  .refine(isPeriod, isNoPeriod);

export const listSecurityEvents = defineRoute({
  operationId: 'listSecurityEvents',
  method: 'get',
  path: '/security-events',
  summary: 'Read the security log',
  description:
    'Newest first: who signed in and who failed to, whose sessions were closed, whose role and which keys changed. ' +
    'Nothing in it ever changes. All filters must hold. Failed log-ins show within a minute or two.',
  tags: ['Security'],
  access: access.identity.listSecurityEvents,
  request: { query },
  responses: {
    200: {
      description: 'A page of entries.',
      schema: securityEventPage,
      example: { data: [securityEventExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { events, page } = await services.identity.listSecurityEvents(context, {
      kind: query.kind ?? '',
      userId: query.user_id ?? '',
      ...toPeriod(query),
      page: toPageRequest(query),
    });
    return {
      status: 200,
      body: { data: events.map(renderSecurityEvent), pagination: renderPagination(page, query.limit) },
    };
  },
});
