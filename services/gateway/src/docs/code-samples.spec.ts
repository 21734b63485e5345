import { describe, expect, it } from '@jest/globals';
import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';
import { routes } from '../routes/index.ts';
import { codeSamplesOf } from './code-samples.ts';

const renameExpense = defineRoute({
  operationId: 'renameExpense',
  method: 'patch',
  path: '/expenses/{id}',
  summary: 'Rename an expense',
  tags: ['Expenses'],
  access: access.ledger.editExpense,
  request: {
    params: z.strictObject({ id: z.uuid() }),
    query: z.strictObject({ on: z.string().meta({ examples: ['5 May'] }), quiet: z.boolean().optional() }),
    body: z.strictObject({ title: z.string() }),
    bodyExample: { title: "Mara's chair" },
  },
  responses: { 200: { description: 'Renamed.', schema: z.strictObject({}), example: {} } },
  handle: async () => ({ status: 200, body: {} }),
});

const samplesOf = (route: Route) => codeSamplesOf(route).map(({ source }) => source);

describe('The samples of an operation', () => {
  it('show all that it cannot do without, quoted for a shell', () => {
    const [curl] = samplesOf(renameExpense);
    expect(curl).toBe(`curl -sS -X PATCH "$OUTLAY/api/v1/expenses/$EXPENSE_ID?on=5%20May" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Idempotency-Key: $(uuidgen)" \\
  -H 'Content-Type: application/json' \\
  -d '{
  "title": "Mara'\\''s chair"
}'`);
  });

  it('show the same for the TypeScript client', () => {
    const [, typeScript] = samplesOf(renameExpense);
    expect(typeScript).toBe(`const { data } = await outlay.patch('/expenses/{id}', {
  path: { id: expenseId },
  query: { on: '5 May' },
  body: {
    title: "Mara's chair"
  },
});`);
  });

  it('send no token where everyone may call', () => {
    for (const route of routes.filter(({ access }) => access.caller === 'public')) {
      expect(samplesOf(route)[0]).not.toContain('Authorization');
    }
  });
});
