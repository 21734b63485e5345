import type { SignedIn } from './outlay-client.ts';
import type { ExpectedSummary } from './purchase-cards.ts';

interface Line {
  name: string | null;
  total: string;
  count: number;
}

const byName = (lines: Line[]) =>
  Object.fromEntries(lines.map(({ name, total, count }) => [name ?? '', { total, count }]));

/** The platform's summary of a month, in the shape of the expected one. */
export const readSummary = async (tenant: SignedIn, month: string): Promise<ExpectedSummary> => {
  const { status, body } = await tenant.call('GET', `/stats/summary?month=${month}`);
  if (status !== 200) throw new Error(`summary of ${month} answered ${status}: ${JSON.stringify(body)}`);
  return {
    total: body.total,
    count: body.count,
    refunds: body.refunds,
    byCategory: byName(body.by_category),
    byProject: byName(body.by_project),
    byAccount: byName(body.by_account),
  };
};
