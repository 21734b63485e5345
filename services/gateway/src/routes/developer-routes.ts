import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';

const greetingSchema = z.strictObject({ message: z.string() }).meta({ id: 'Greeting' });

/** For those who write clients: what needs no token, a token, and a fresh log-in. Offered where DEVELOPER_ROUTES says so. */
export const developerRoutes: readonly Route[] = [
  greet('guest', '/guest', 'Answer anybody', access.gateway.guest),
  greet('protected', '/protected', 'Answer whoever is signed in', access.gateway.protected),
  greet('freshProtected', '/fresh-protected', 'Answer whoever has just signed in', access.gateway.freshProtected),
];

function greet(operationId: string, path: string, summary: string, row: Route['access']): Route {
  const message = `You may see ${path}.`;
  return defineRoute({
    operationId,
    method: 'get',
    path,
    summary,
    tags: ['Developer'],
    access: row,
    responses: { 200: { description: 'You may.', schema: greetingSchema, example: { message } } },
    handle: async () => ({ status: 200, body: { message } }),
  });
}
