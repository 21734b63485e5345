import { type ledger, paymentMethods } from '@outlay/contracts';
import { invalid } from '@outlay/platform';
import { z } from 'zod';
import type { Call } from '../http/define-route.ts';
import { amount, calendarDate, currency, optionalText, present, text, uuid } from './common.ts';
import { toMinor } from './expense-input.ts';

/** On the UUID, as what is wrong with that is what a union tells of a text that is neither. */
const orNone = z.union([z.uuid({ error: 'must be a UUID, or none' }), z.literal('none')]);
const references = z.array(orNone).max(100).optional();

/** Which expenses are wanted: what the list, its totals and the export take alike. */
export const expenseFilterQuery = {
  date_from: calendarDate.optional().meta({ description: 'Expense date on or after.' }),
  date_to: calendarDate.optional().meta({ description: 'Expense date on or before.' }),
  category_id: references.meta({
    description: 'In any of these categories or a category beneath one of them; `none`: in no category.',
  }),
  account_id: references.meta({ description: 'From any of these accounts; `none`: from no account.' }),
  project_id: references.meta({ description: 'For any of these projects; `none`: for no project.' }),
  tag: z.array(optionalText(50).min(1)).max(20).optional().meta({ description: 'With any of these tags.' }),
  tag_match: z.enum(['any', 'all']).default('any').meta({ description: '`all`: each of the tags must be there.' }),
  user_id: uuid.optional().meta({ description: 'Recorded by.' }),
  status: z
    .enum(['posted', 'reversed', 'all'])
    .default('posted')
    .meta({ description: 'Posted ones unless asked for reversed ones, or all.' }),
  amount_min: amount.optional().meta({ description: 'Booked amount at least, in the currency of the tenant.' }),
  amount_max: amount.optional().meta({ description: 'Booked amount at most.' }),
  vendor: optionalText(200).min(1).optional().meta({ description: 'From this vendor; the whole name.' }),
  currency: currency.optional().meta({ description: 'Paid in this currency.' }),
  payment_method: z.enum(paymentMethods).optional().meta({ description: 'Paid in this way.' }),
  import_id: uuid.optional().meta({ description: 'Brought by this import.' }),
  q: text(200)
    .optional()
    .meta({
      description:
        'Words, or their beginnings, in title, description or vendor, whatever their case and accents; all of them. ' +
        'One at least, ten at most; what is neither letter nor digit stands between words.',
    }),
};

export const expenseSort = z
  .enum(['-expense_date', 'expense_date', '-amount', 'amount', '-created_at', 'created_at'])
  .default('-expense_date')
  .meta({ description: 'Amounts are the booked ones. `-`: the last, largest or newest first.' });

const filter = z.strictObject(expenseFilterQuery);

/** The filter for the ledger; bounds on amounts are in the currency of the tenant, which is looked up for them. */
export async function toExpenseFilter(
  given: z.output<typeof filter>,
  { context, tenantOf }: Pick<Call<{ caller: 'tenant' }, unknown, unknown, unknown>, 'context' | 'tenantOf'>,
): Promise<ledger.ExpenseFilter> {
  const { amount_min: min, amount_max: max } = given;
  const hasBounds = min !== undefined || max !== undefined;
  const own = hasBounds ? present((await tenantOf(context.tenantId)).settings?.currency, 'a currency') : '';
  const amountMinorFrom = min === undefined ? undefined : toMinor(min, own, 'amount_min');
  const amountMinorTo = max === undefined ? undefined : toMinor(max, own, 'amount_max');
  if (amountMinorFrom !== undefined && amountMinorTo !== undefined && amountMinorFrom > amountMinorTo) {
    throw invalid('amount_max', 'below_amount_min', 'must not be less than amount_min');
  }
  return {
    dateFrom: given.date_from ?? '',
    dateTo: given.date_to ?? '',
    categoryIds: given.category_id ?? [],
    accountIds: given.account_id ?? [],
    projectIds: given.project_id ?? [],
    tags: given.tag ?? [],
    eachTag: given.tag_match === 'all',
    userId: given.user_id ?? '',
    status: given.status,
    amountMinorFrom,
    amountMinorTo,
    vendor: given.vendor ?? '',
    currency: given.currency ?? '',
    paymentMethod: given.payment_method ?? '',
    importId: given.import_id ?? '',
    text: given.q ?? '',
  };
}
