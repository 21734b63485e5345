import { accountKinds, type ledger } from '@outlay/contracts';
import { formatAmount } from '@outlay/platform';
import { z } from 'zod';
import {
  amount,
  calendarDate,
  currency,
  instant,
  isNoPatch,
  isPatch,
  name,
  optionalText,
  pageOf,
  present,
  renderedAmount,
  renderInstant,
  renderOptionalInstant,
  uuid,
  version,
  warnings,
} from './common.ts';
import { toMinor } from './expense-input.ts';
import { archived, archivedAt, referenceQuery } from './reference.ts';

const kind = z.enum(accountKinds);

const openingBalance = z
  .strictObject({ amount: renderedAmount, date: calendarDate })
  .meta({ id: 'OpeningBalance', description: 'What the account held on a day; negative where it was owed.' });

export const accountSchema = z
  .strictObject({
    id: uuid,
    name: z.string(),
    kind,
    currency,
    description: z.string().nullable(),
    opening_balance: openingBalance
      .nullable()
      .meta({ description: 'In the currency of the account. Null to members, who see no balances.' }),
    archived_at: archivedAt,
    version,
    created_at: instant,
  })
  .meta({ id: 'Account', description: 'What expenses are paid from.' });

/** What a command answers that has made or changed it. */
export const changedAccountSchema = accountSchema
  .extend({ warnings })
  .meta({ id: 'ChangedAccount', description: 'An account as it is now, with what there is to say of the change.' });

export const accountPage = pageOf('AccountPage', accountSchema);

export const accountQuery = z.strictObject({
  ...referenceQuery,
  kind: kind.optional().meta({ description: 'Only accounts of this kind.' }),
});

const fields = {
  name: name(200),
  kind,
  currency,
  description: optionalText(2_000).nullable().optional(),
  opening_balance: z
    .strictObject({ amount, date: calendarDate })
    .meta({ id: 'OpeningBalanceInput' })
    .nullable()
    .optional()
    .meta({
      description:
        'What it held before its first expense, in its own currency: booked against "Opening balances", and of an earlier ' +
        'one the entry is reversed.',
    }),
};

/** All of an account: what POST makes, and what PUT leaves. */
export const accountBody = z
  .strictObject(fields)
  .meta({ id: 'AccountInput', description: 'The currency can be chosen once.' });

/** Some of it: what PATCH changes. Null empties. */
export const accountPatchBody = z
  .strictObject({ ...fields, archived })
  .partial()
  .refine(isPatch, isNoPatch)
  .meta({ id: 'AccountPatch', description: 'What is left out stays as it is; null empties.' });

export const allAccountFields = ['name', 'kind', 'currency', 'description', 'opening_balance'];

export const accountExample: z.input<typeof accountSchema> = {
  id: '0197a3c0-2222-7000-8000-000000000001',
  name: 'Company card',
  kind: 'card',
  currency: 'EUR',
  description: 'Kept by the office',
  opening_balance: { amount: '-420.00', date: '2025-01-01' },
  archived_at: null,
  version: 1,
  created_at: '2025-01-10T09:00:00.000Z',
};

export const accountBodyExample: z.input<typeof accountBody> = {
  name: 'Company card',
  kind: 'card',
  currency: 'EUR',
  description: 'Kept by the office',
  opening_balance: { amount: '-420.00', date: '2025-01-01' },
};

/** What a client says of an account kept in `accountCurrency`, as the ledger takes it: empty text is nothing. */
export const toAccountInput = (
  body: Partial<z.output<typeof accountBody>>,
  accountCurrency: string,
): ledger.AccountInput => ({
  name: body.name ?? '',
  kind: body.kind ?? '',
  currency: body.currency ?? '',
  description: body.description ?? '',
  openingBalance: body.opening_balance
    ? {
        amount: {
          currency: accountCurrency,
          amountMinor: toMinor(body.opening_balance.amount, accountCurrency, 'opening_balance.amount'),
        },
        date: body.opening_balance.date,
      }
    : undefined,
});

export function renderAccount(given: ledger.Account | undefined): z.input<typeof accountSchema> {
  const account = present(given, 'an account');
  const { amount: held, date = '' } = account.openingBalance ?? {};
  return {
    id: account.id,
    name: account.name,
    kind: account.kind as z.output<typeof kind>,
    currency: account.currency,
    description: account.description || null,
    opening_balance: held ? { amount: formatAmount(held.amountMinor, held.currency), date } : null,
    archived_at: renderOptionalInstant(account.archivedAt),
    version: Number(account.version),
    created_at: renderInstant(account.createdAt),
  };
}
