import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTestDatabase, prismaSchemaFaults, type TestDatabase } from '@outlay/testkit';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('schema.prisma describes the tables that the migrations make', async () => {
  const file = fileURLToPath(new URL('../../prisma/schema.prisma', import.meta.url));

  expect(await prismaSchemaFaults({ file, url: database.adminUrl, schema: 'ledger' })).toEqual([]);
});
