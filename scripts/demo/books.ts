import type { EntryOf, OutlayClient } from '@outlay/client';
import { columns, heading, pause, type Say } from './text.ts';

/** An expense as the API shows it. */
type Expense = EntryOf<'/expenses'>;

/** The figures of a month, once all that is booked has reached them: the ledger itself says what they must come to. */
export async function showMonth(api: OutlayClient, month: string, say: Say): Promise<{ count: number }> {
  say(heading(`What ${month} came to`));
  const lastDay = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).toISOString().slice(0, 10);
  const query = { date_from: `${month}-01`, date_to: lastDay };
  for (;;) {
    const { data: booked } = await api.get('/expenses/totals', { query });
    const { data: summary } = await api.get('/stats/summary', { query: { month } });
    if (summary.count === booked.count && summary.total === booked.booked_amount) {
      const { total, currency, count, refunds } = summary;
      say(`${total} ${currency} in ${count} expenses, refunds of ${refunds.total} among them.`);
      const dearest = summary.by_category.slice(0, 5);
      for (const line of columns(dearest.map((one) => [one.name ?? 'Uncategorised', one.total, `${one.count}`])))
        say(line);
      return summary;
    }
    await pause();
  }
}

/** The dearest purchase of an import. */
export async function findDearest(api: OutlayClient, importId: string): Promise<Expense> {
  const { data: found } = await api.get('/expenses', { query: { import_id: importId, sort: '-amount', limit: 1 } });
  const [dearest] = found.data;
  if (dearest === undefined) throw new Error('No row of the first file was booked, so there is nothing to go on with');
  return dearest;
}

/** Corrects a purchase, and shows how the books tell of it. */
export async function correct(api: OutlayClient, { id, title, ...before }: Expense, say: Say): Promise<void> {
  say(heading('Correct a purchase'));
  const { data: after } = await api.patch('/expenses/{id}', {
    path: { id },
    body: { amount: '99.00', description: 'The terminal had slipped a digit' },
    ifMatch: before.version,
  });
  say(`"${title}" of ${before.expense_date}: ${before.amount} becomes ${after.amount} ${after.currency}.`);
  const { data: audit } = await api.get('/audit-entries', { query: { entity: 'expense', entity_id: id } });
  const rows = audit.data.map((entry) => [entry.recorded_at, entry.action, `by ${entry.actor_kind} ${entry.actor_id}`]);
  for (const line of columns(rows)) say(line);
}

/** Shows that debits and credits are the same. */
export async function showTrialBalance(api: OutlayClient, say: Say): Promise<void> {
  say(heading('Trial balance'));
  const { data } = await api.get('/ledger/trial-balance');
  for (const { currency, debits, credits, balance } of data.totals) {
    say(`debits ${debits} ${currency}, credits ${credits} ${currency}, balance ${balance} ${currency}`);
  }
  if (!data.balanced) throw new Error('The books do not balance');
  say(`${data.accounts.length} accounts; the books balance.`);
}

/** Has the platform hold the journal against its seals, part by part, once all of it is sealed. */
export async function showVerification(api: OutlayClient, say: Say): Promise<void> {
  say(heading('Has anybody touched the books?'));
  for (let cursor: string | undefined; ; ) {
    const { data } = await api.get('/ledger/verification', { query: { cursor } });
    if (data.faults.length > 0) throw new Error(`The journal is not what it was: ${JSON.stringify(data.faults[0])}`);
    cursor = data.next_cursor ?? undefined;
    if (cursor !== undefined) continue;
    if (data.unsealed === 0) {
      say(`${data.entries} journal entries, all sealed, none changed, lost or put in.`);
      say(`The chain stands at ${data.head?.hash}.`);
      return;
    }
    // Seals are made a moment after the entries.
    await pause();
  }
}
