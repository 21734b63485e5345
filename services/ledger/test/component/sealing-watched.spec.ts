import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLogger, metrics } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { createSealer } from '../../src/seals/sealer.ts';
import { entriesOf, isValid, type JournalSeals, startJournalSeals } from './driver/journal-seals.ts';

let journal: JournalSeals;
beforeAll(async () => {
  journal = await startJournalSeals();
});
afterAll(() => journal.stop());

async function startSealer() {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ service: 'test' }, { write: (line) => lines.push(JSON.parse(line)) });
  const sealer = createSealer({ ...journal.work, pollMs: 5, logger });
  await sealer.start?.();
  return { lines, [Symbol.asyncDispose]: async (): Promise<void> => void (await sealer.stop?.()) };
}

const oldestAge = async () =>
  Number(/^ledger_oldest_unsealed_age_seconds (\S+)$/m.exec(await metrics.metrics())?.[1] ?? Number.NaN);

it('a sealer that may not look for entries says so, and that it can again', async () => {
  const tenant = journal.aTenant();
  await journal.superuser.query('revoke select (tenant_id) on ledger.journal_unsealed from outlay_ledger_system');
  await using sealer = await startSealer();
  await journal.book(tenant, entriesOf(1));

  await eventually(async () => expect(await oldestAge()).toBeGreaterThan(0.5));
  const failed = [...sealer.lines];
  await journal.superuser.query('grant select (tenant_id) on ledger.journal_unsealed to outlay_ledger_system');

  await eventually(async () => expect(await journal.verify(tenant)).toMatchObject(isValid(1)));
  await eventually(async () => expect(await oldestAge()).toBeLessThan(0.5));
  expect(failed).toMatchObject([{ level: 'warn', msg: 'could not look for entries to be sealed', failures: 1 }]);
  expect(sealer.lines.slice(1)).toMatchObject([{ level: 'info', msg: 'entries to be sealed are looked for again' }]);
});

it('the age of what cannot be sealed is in the metrics, whatever else is sealed', async () => {
  const [stuck, other] = [journal.aTenant(), journal.aTenant()];
  await journal.superuser.query(
    `create function ledger.refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
     create trigger refuse before insert on ledger.journal_seals
       for each row when (new.tenant_id = '${stuck.tenantId}') execute function ledger.refuse()`,
  );
  await journal.book(stuck, entriesOf(1));
  await journal.book(other, entriesOf(1));

  await using _sealer = await startSealer();
  await eventually(async () => expect(await oldestAge()).toBeGreaterThan(1));
  await eventually(async () => expect(await journal.verify(other)).toMatchObject(isValid(1)));
  await journal.superuser.query('drop trigger refuse on ledger.journal_seals; drop function ledger.refuse()');

  await eventually(async () => expect(await oldestAge()).toBeLessThan(0.5), { timeoutMs: 20_000 });
});
