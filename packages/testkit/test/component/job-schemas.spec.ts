import { expect, it } from '@jest/globals';
import { createBus } from '@outlay/messaging';
import { createJobWorker, createLogger } from '@outlay/platform';
import { schemas } from '../../src/host/migrate-platform.ts';
import { createTestDatabase, eventually } from '../../src/index.ts';

it('the workers of all services start together on a new database, and none has to stop for another', async () => {
  const database = await createTestDatabase();
  const warnings: unknown[] = [];
  const logger = createLogger({ service: 'test', level: 'warn' }, { write: (line) => warnings.push(JSON.parse(line)) });
  const workers = schemas.map((schema) =>
    createJobWorker({ databaseUrl: database.urlFor(schema), schema: `${schema}_jobs`, tasks: {}, logger }),
  );
  const bus = createBus({ databaseUrl: database.busUrl, queues: [], logger });

  await Promise.all([bus, ...workers].map((worker) => worker.start()));
  await eventually(() => Promise.all(workers.map((worker) => worker.check())));
  await Promise.all([bus, ...workers].map((worker) => worker.stop()));

  expect(warnings).toEqual([]);
  await database.drop();
});
