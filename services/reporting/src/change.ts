import type { EventData, EventName, ledger } from '@outlay/contracts';
import { isUuid } from '@outlay/platform';
import { z } from 'zod';

/** What the figures can be broken down by. */
type Dimension = 'category' | 'project' | 'account';

/** An expense as far as the figures depend on it. Amounts are minor units of the tenant's currency. */
export interface ExpenseState {
  expenseId: string;
  version: bigint;
  isPosted: boolean;
  expenseDate: string;
  currency: string;
  amountMinor: bigint;
  /** By what was paid: booked, it may be worth nothing and have no sign. */
  isRefund: boolean;
  categoryId: string | null;
  projectId: string | null;
  accountId: string | null;
  /** Whose it is; null where the ledger does not know. */
  userId: string | null;
}

/** What a category, project or account is called. Version 0: learnt from an expense that refers to it. */
export interface DimensionName {
  dimension: Dimension;
  dimensionId: string;
  name: string;
  version: bigint;
}

/** What one event means to the read models. */
export type Change =
  | { kind: 'expense'; state: ExpenseState; names: DimensionName[] }
  | { kind: 'name'; name: DimensionName }
  | { kind: 'tenant'; currency: string; version: bigint };

/** The part of a received event that the projection looks at. */
export type ProjectedEvent = {
  [N in EventName]: { type: N; aggregateVersion: number; data: EventData<N> };
}[EventName];

/** Reads an event; throws ZodError where its data cannot be what the ledger or tenancy-billing meant. */
export function toChange(event: ProjectedEvent): Change {
  switch (event.type) {
    case 'outlay.ledger.expense.recorded.v1':
    case 'outlay.ledger.expense.edited.v1':
    case 'outlay.ledger.expense.reversed.v1':
    case 'outlay.ledger.expense.restated.v1':
      return { kind: 'expense', ...toExpense(event.data.expense) };
    case 'outlay.ledger.category.created.v1':
    case 'outlay.ledger.category.updated.v1':
    case 'outlay.ledger.category.archived.v1':
    case 'outlay.ledger.category.restored.v1':
      return { kind: 'name', name: toName('category', event.data.category) };
    case 'outlay.ledger.project.created.v1':
    case 'outlay.ledger.project.updated.v1':
    case 'outlay.ledger.project.archived.v1':
    case 'outlay.ledger.project.restored.v1':
      return { kind: 'name', name: toName('project', event.data.project) };
    case 'outlay.ledger.account.created.v1':
    case 'outlay.ledger.account.updated.v1':
    case 'outlay.ledger.account.archived.v1':
    case 'outlay.ledger.account.restored.v1':
      return { kind: 'name', name: toName('account', event.data.account) };
    case 'outlay.tenancy.tenant.registered.v1':
    case 'outlay.tenancy.tenant.updated.v1':
      return {
        kind: 'tenant',
        currency: currency.parse(event.data.settings?.currency),
        version: BigInt(event.aggregateVersion),
      };
    default:
      throw new Error(`No projection reads ${event.type}`);
  }
}

/** Reads an expense as events and the ledger's stream carry it. */
export function toExpense(expense: ledger.Expense | undefined): { state: ExpenseState; names: DimensionName[] } {
  const parsed = expenseSchema.parse(expense);
  const references = { category: parsed.category, project: parsed.project, account: parsed.account };
  return {
    state: {
      expenseId: parsed.id,
      version: parsed.version,
      isPosted: parsed.status === 'posted',
      expenseDate: parsed.expenseDate,
      currency: parsed.booked.currency,
      amountMinor: parsed.booked.amountMinor,
      isRefund: parsed.amount.amountMinor < 0n,
      categoryId: references.category?.id ?? null,
      projectId: references.project?.id ?? null,
      accountId: references.account?.id ?? null,
      userId: parsed.userId || null,
    },
    names: dimensions.flatMap((dimension) => {
      const reference = references[dimension];
      return reference ? [{ dimension, dimensionId: reference.id, name: reference.name, version: 0n }] : [];
    }),
  };
}

/** Reads what something is called, as the ledger's stream carries it. */
export const toStreamedName = ({ kind, ...named }: ledger.NamedReference): DimensionName =>
  toName(z.enum(dimensions).parse(kind), named);

const dimensions: readonly Dimension[] = ['category', 'project', 'account'];

function toName(dimension: Dimension, named: { id: string; name: string; version: bigint } | undefined): DimensionName {
  const { id, name, version } = nameSchema.parse(named);
  return { dimension, dimensionId: id, name, version };
}

const uuid = z.string().refine(isUuid, 'must be a UUID').toLowerCase();
const currency = z.string().regex(/^[A-Z]{3}$/);
const version = z.bigint().min(1n);

// A reference without an id is how protobuf spells that there is none.
const reference = z
  .object({ id: z.literal('').or(uuid), name: z.string() })
  .optional()
  .transform((value) => (value && value.id !== '' ? value : undefined));

const expenseSchema = z.object({
  id: uuid,
  version,
  status: z.enum(['posted', 'reversed']),
  expenseDate: z.iso.date(),
  amount: z.object({ amountMinor: z.bigint() }),
  booked: z.object({ currency, amountMinor: z.bigint() }),
  category: reference,
  project: reference,
  account: reference,
  userId: z.literal('').or(uuid),
});

const nameSchema = z.object({ id: uuid, name: z.string(), version });
