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
  const { data } = await tenant.api.get('/stats/summary', { query: { month } });
  return {
    total: data.total,
    count: data.count,
    refunds: data.refunds,
    byCategory: byName(data.by_category),
    byProject: byName(data.by_project),
    byAccount: byName(data.by_account),
  };
};
