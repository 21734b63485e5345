import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTcpProxy, createTestDatabase, eventually, type TcpProxy, type TestDatabase } from '@outlay/testkit';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

const patientlyMs = 30_000;

let database: TestDatabase;
let proxy: TcpProxy;
let ledger: TestLedger | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await createTcpProxy(database.adminUrl);
});
afterEach(async () => {
  await ledger?.stop();
  ledger = undefined;
  await proxy.close();
  await database.drop();
}, patientlyMs);

const readiness = async () => {
  const response = await fetch(`${ledger!.opsUrl}/readyz`);
  const { failing } = (await response.json()) as { failing: string[] };
  return { status: response.status, failing };
};

describe('the service', () => {
  it(
    'starts without its database, says so, and serves when the database is there',
    async () => {
      await proxy.refuse();
      ledger = await startLedger({ through: { proxy, database }, isReady: false });

      expect(await readiness()).toMatchObject({ status: 503, failing: expect.arrayContaining(['database']) });
      expect((await fetch(`${ledger.opsUrl}/healthz`)).status).toBe(200);
      await expect(ledger.client.ping()).rejects.toMatchObject({ kind: 'unavailable' });

      await proxy.resume();
      await eventually(() => ledger!.client.ping(), { timeoutMs: patientlyMs });
      await eventually(async () => expect(await readiness()).toMatchObject({ status: 200, failing: [] }));
    },
    2 * patientlyMs,
  );

  it(
    'answers unavailable while the database is away, and needs no restart when it is back',
    async () => {
      ledger = await startLedger({ through: { proxy, database } });
      const tenant = await ledger.tenant();
      const record = () => ledger!.client.recordExpense(tenant.owner, { input: anExpense() });
      await record();

      await proxy.refuse();
      await expect(record()).rejects.toMatchObject({ kind: 'unavailable' });
      await proxy.resume();

      await eventually(record, { timeoutMs: patientlyMs });
    },
    2 * patientlyMs,
  );
});
