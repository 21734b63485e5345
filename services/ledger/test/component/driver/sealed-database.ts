import { createSilentLogger, systemContext, type TenantContext, toTenantId } from '@outlay/platform';
import { createTestDatabase, newTenant } from '@outlay/testkit';
import pg from 'pg';
import { createSealKey } from '../../../src/seals/chain/seal-key.ts';
import { createLedgerDatabase } from '../../../src/store/ledger-database.ts';
import { sealKey } from './start-ledger.ts';

/** A ledger's database without its processes, what sealing and verifying work with, and a superuser of it. */
export async function startSealedDatabase() {
  const testDatabase = await createTestDatabase();
  const database = createLedgerDatabase(testDatabase.urlFor('ledger'), createSilentLogger());
  const superuser = new pg.Client({ connectionString: testDatabase.adminUrl });
  await superuser.connect();
  return {
    adminUrl: testDatabase.adminUrl,
    ...{ database, superuser, work: { database, key: createSealKey(sealKey), clock: () => new Date() } },
    aTenant: (): TenantContext => systemContext(toTenantId(newTenant().tenantId)),
    /** Does something while whoever is in the middle of a transaction is cut off, time and again. */
    async whileCutOff(act: () => Promise<void>): Promise<void> {
      const cutting = setInterval(
        () =>
          superuser.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and usename = 'outlay_ledger' and state = 'idle in transaction'`,
          ),
        20,
      );
      await act();
      clearInterval(cutting);
      // Cuts that are still on their way come before what is not to be cut.
      await superuser.query('select');
    },
    async stop(): Promise<void> {
      await superuser.end();
      await database.close();
      await testDatabase.drop();
    },
  };
}
