import { z } from 'zod';
import type { Purchase } from './file/parse-row.ts';
import type { RowFault } from './file/row-fault.ts';

const minor = z.string().regex(/^-?\d+$/);

/** How many names of a kind are shown; the rest is counted. */
export const namesShown = 50;

const reference = z.object({ count: z.int(), names: z.array(z.string()).max(namesShown) });

/** A limit of the plan that booking the file would break; of expenses in a project, with its name. */
const breach = z.object({
  metric: z.string(),
  project: z.string().nullish(),
  limit: z.number(),
  used: z.number(),
  wanted: z.number(),
});

/** What an export of ours names, and what that is called here. */
const renaming = z.object({ kind: z.enum(['account', 'category']), given: z.string(), name: z.string() });

export type Renaming = z.output<typeof renaming>;

export type LimitBreach = z.output<typeof breach>;

/** What booking a file would come to, as far as its rows have been looked at. Sums are in the tenant's currency. */
export const survey = z.object({
  currency: z.string(),
  spentMinor: minor.default('0'),
  refundedMinor: minor.default('0'),
  firstDate: z.string().default(''),
  lastDate: z.string().default(''),
  /** Rows that were skipped as money that came in. */
  income: z.int().default(0),
  /** Rows of money that came in and would be booked. */
  refunds: z.int().default(0),
  /** Once all rows have been looked at. */
  made: z.object({ accounts: reference, categories: reference, projects: reference }).optional(),
  breaches: z.array(breach).optional(),
  /** Soft limits that booking it would exceed or, once it is booked, has exceeded. */
  exceeded: z.array(breach).optional(),
  renamed: z.array(renaming).max(namesShown).optional(),
});

export type Survey = z.output<typeof survey>;

/** What no row has been added to. */
export const emptySurvey = (currency: string): Survey => survey.parse({ currency });

/** Adds what rows would book, and those that are no spending. */
export function addRows(given: Survey, purchases: readonly Purchase[], skipped: readonly RowFault[]): Survey {
  let spent = BigInt(given.spentMinor);
  let refunded = BigInt(given.refundedMinor);
  let { firstDate, lastDate, refunds } = given;
  for (const { booked, expenseDate } of purchases) {
    const amountMinor = booked?.amountMinor ?? 0n;
    if (amountMinor > 0n) spent += amountMinor;
    else refunded -= amountMinor;
    if (amountMinor < 0n) refunds++;
    if (firstDate === '' || expenseDate < firstDate) firstDate = expenseDate;
    if (expenseDate > lastDate) lastDate = expenseDate;
  }
  const income = given.income + skipped.filter(({ code }) => code === 'income').length;
  const sums = { spentMinor: spent.toString(), refundedMinor: refunded.toString() };
  return { ...given, ...sums, firstDate, lastDate, income, refunds };
}
