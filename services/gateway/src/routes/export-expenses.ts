import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { endsAfterItBegins, endsTooEarly } from '../schemas/common.ts';
import { expenseFilterQuery, toExpenseFilter } from '../schemas/expense-filter.ts';

const deadlineMs = 3_600_000;

export const exportExpenses = defineRoute({
  operationId: 'exportExpenses',
  method: 'get',
  path: '/expenses/export',
  summary: 'Export expenses',
  description:
    'All that the list shows for the same filters, as a CSV file in the order of recording, however many there are. An ' +
    'expense that is there when the export begins is in it exactly once, as it is when its part of the file is read; one ' +
    'that is recorded later is not. An import takes it again without loss. What a spreadsheet would compute, at the ' +
    'beginning of a text or behind a semicolon, tab or line break, has an apostrophe before it. Two of one person or key, four of one tenant may be fetched at once (503 `overloaded` beyond). A ' +
    'connection that takes nothing for 30 seconds, or less than 16 kB a second on the whole, is cut, and any after an hour; a ' +
    'file that is whole ends as its transfer encoding says.',
  tags: ['Expenses'],
  access: access.ledger.exportExpenses,
  deadlineMs,
  isInParts: true,
  request: {
    query: z
      .strictObject({
        format: z.enum(['csv']).default('csv').meta({ description: 'The format of the file.' }),
        bom: z
          .enum(['true', 'false'])
          .default('false')
          .meta({ description: 'Whether it begins with a byte order mark, by which spreadsheets know UTF-8.' }),
        ...expenseFilterQuery,
      })
      .refine(endsAfterItBegins, endsTooEarly),
  },
  responses: {
    200: {
      description: 'The file, with a header line.',
      schema: z.string(),
      example: 'id,expense_date,amount,currency\r\n',
      mediaType: 'text/csv',
      attachment: 'expenses.csv',
    },
  },
  async handle({ context, query, services, tenantOf }) {
    const parts = services.ledger.exportExpenses(
      context,
      {
        filter: await toExpenseFilter(query, { context, tenantOf }),
        byteOrderMark: query.bom === 'true',
      },
      { deadlineMs },
    );
    return { status: 200, body: '', parts: chunksOf(parts) };
  },
});

async function* chunksOf(parts: AsyncIterable<{ chunk: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { chunk } of parts) yield chunk;
}
