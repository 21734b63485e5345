import pg from 'pg';
import { forgeryBy } from './forgery.ts';
import { startLedger } from './start-ledger.ts';

/** A ledger, and a connection of somebody whom nothing in the database holds back, not even its triggers. */
export async function startLedgerAndSuperuser() {
  const ledger = await startLedger();
  const superuser = new pg.Client({ connectionString: ledger.database.adminUrl });
  await superuser.connect();
  const stop = async () => {
    await superuser.end();
    await ledger.stop();
  };
  return { ledger, superuser, forgery: forgeryBy(superuser), stop };
}
