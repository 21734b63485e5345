import type { CallerContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import type { TestLedger, TestTenant } from './start-ledger.ts';
import { anExpense } from './start-ledger.ts';

/** Rates of a day: units of each currency for one euro. */
export type DayOfRates = { day: string; rates: Record<string, string> };

/** A file in the form of the European Central Bank's. */
export const ecbFile = (...days: DayOfRates[]): string => `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
${days.map(toCube).join('\n')}
	</Cube>
</gesmes:Envelope>`;

const toCube = ({ day, rates }: DayOfRates): string => {
  const cubes = Object.entries(rates).map(([currency, rate]) => `\t\t\t<Cube currency='${currency}' rate='${rate}'/>`);
  return `\t\t<Cube time='${day}'>\n${cubes.join('\n')}\n\t\t</Cube>`;
};

/** What people do about exchange rates, in one ledger. */
export function ratesOf(ledger: TestLedger) {
  async function* parts(text: string) {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 100_000) {
      yield { part: { $case: 'chunk' as const, value: bytes.subarray(at, at + 100_000) } };
    }
    yield { part: { $case: 'end' as const, value: { size: BigInt(bytes.length) } } };
  }

  const rates = {
    /** Brings a file in as the one who runs the platform. */
    importFile: (text: string, context: CallerContext = ledger.platformAdmin()) =>
      ledger.client.importPlatformRates(context, parts(text)),
    publish: (...days: DayOfRates[]) => rates.importFile(ecbFile(...days)),
    /** Puts a rate on a tenant's own list. */
    async set(tenant: TestTenant, base: string, quote: string, rate: string, date: string) {
      const { exchangeRate } = await ledger.client.createExchangeRate(tenant.admin, {
        ...{ baseCurrency: base, quoteCurrency: quote, rate, date, provider: 'Treasury' },
      });
      return exchangeRate!;
    },
    correct: async (tenant: TestTenant, exchangeRateId: string, rate: string) =>
      (await ledger.client.correctExchangeRate(tenant.admin, { exchangeRateId, rate, provider: 'Treasury' }))
        .exchangeRate!,
    withdraw: (tenant: TestTenant, exchangeRateId: string) =>
      ledger.client.withdrawExchangeRate(tenant.admin, { exchangeRateId }),
    /** Books so many minor units of a foreign currency without naming a rate. */
    async book(tenant: TestTenant, amountMinor: bigint, currency: string, expenseDate: string) {
      const { expense } = await ledger.client.recordExpense(tenant.owner, {
        input: anExpense({ amount: { currency, amountMinor }, expenseDate }),
      });
      return expense!;
    },
    expense: async (tenant: TestTenant, expenseId: string) =>
      (await ledger.client.getExpense(tenant.owner, { expenseId })).expense!,
    restatements: async (tenant: TestTenant) =>
      (await ledger.client.listRestatements(tenant.owner, { page: undefined })).restatements,
    /** Waits until what followed from all corrections so far is in the books. */
    settled: (tenant: TestTenant) =>
      eventually(
        async () => {
          const unspread = await ledger.query('select id from ledger.platform_rate_imports where spread_at is null');
          const pending = await ledger.query(
            "select id from ledger.restatements where tenant_id = $1 and status = 'pending'",
            [tenant.tenantId],
          );
          if (unspread.length + pending.length > 0) throw new Error('Restatements are under way');
        },
        { timeoutMs: 30_000 },
      ),
    /** Runs a job that is due each minute now, and waits for its end. */
    async runJob(task: 'check_rates' | 'tend_rates' | 'fetch_rates') {
      await ledger.query(`select from ledger_jobs.add_job($1, job_key => $1, queue_name => $1)`, [task]);
      await eventually(
        async () => {
          const waiting = await ledger.query('select id from ledger_jobs.jobs where key = $1', [task]);
          if (waiting.length > 0) throw new Error('The job has not been done yet');
        },
        { timeoutMs: 30_000 },
      );
    },
    /** Whether anything that was booked still waits to be looked at. */
    unchecked: (tenant: TestTenant) =>
      ledger.query('select expense_id from ledger.rate_checks where tenant_id = $1', [tenant.tenantId]),
  };
  return rates;
}
