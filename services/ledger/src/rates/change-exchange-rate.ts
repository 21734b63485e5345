import { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { type Database, idempotent, newId, type Session, type TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import {
  type RatePlace,
  rateEvent,
  rateExists,
  rateNotFound,
  rateVersionMismatch,
  toRateMessage,
} from './exchange-rate.ts';
import { findOwnRate, findRevisions, insertOwnRate, lockPlace, type OwnRate } from './rate-store.ts';
import { askForRestatement } from './restatement-store.ts';

/** What changing rates takes. */
export interface RateWork {
  database: Database;
  /** Whether background jobs can be added yet; what waits for one is found without it a minute later. */
  isReady: () => boolean;
}

export interface CreateExchangeRate extends RatePlace {
  rate: string;
  /** Where the tenant has it from; may be empty. */
  provider: string;
}

/** Which rate is to be changed, and the version the caller has seen; undefined: whichever. */
interface RateChange {
  id: string;
  version: bigint | undefined;
}

/**
 * Puts a rate on the tenant's own list, which comes before the platform's. What was booked at a listed rate of the days it
 * is in force for is restated in the background. Emits outlay.ledger.exchange_rate.recorded.v1. Once per idempotency key.
 * Throws conflict `exchange_rate_exists` where the list has one of the pair and day, invalid `idempotency_key_reused`.
 */
export function createExchangeRate(
  work: RateWork,
  context: TenantContext,
  command: CreateExchangeRate,
): Promise<{ exchangeRate: ledger.ExchangeRate; replayed: boolean }> {
  return inOneTransaction(work, context, 'create_exchange_rate', command, async (session) => {
    await lockPlace(session, command);
    const before = await findOwnRate(session, command);
    if (before?.rate !== undefined) throw rateExists();
    // One that was withdrawn comes back as itself.
    const id = before?.id ?? newId();
    return revise(work, session, context, before, { ...command, id });
  });
}

/**
 * Corrects a rate by a newer revision of it; the old one stays. What was booked at it is restated in the background.
 * What is undefined stays; the same rate again changes nothing. Emits and repeats as above.
 * Throws not_found `exchange_rate_not_found` (also once it is withdrawn), precondition_failed `version_mismatch`.
 */
export function correctExchangeRate(
  work: RateWork,
  context: TenantContext,
  command: RateChange & { rate?: string | undefined; provider?: string | undefined },
): Promise<{ exchangeRate: ledger.ExchangeRate; replayed: boolean }> {
  return inOneTransaction(work, context, 'correct_exchange_rate', command, async (session) => {
    const before = await lockOwnRate(session, command);
    const { rate = before.rate, provider = before.provider } = command;
    if (before.rate === rate && before.provider === provider) return before;
    return revise(work, session, context, before, { ...before, rate, provider });
  });
}

/**
 * Takes a rate off the list by a revision without a rate. What was booked at it is restated at the one that is in force
 * then; where none is, it keeps what it has. Emits, repeats and throws as above.
 */
export async function withdrawExchangeRate(
  work: RateWork,
  context: TenantContext,
  command: RateChange,
): Promise<{ replayed: boolean }> {
  const { replayed } = await inOneTransaction(work, context, 'withdraw_exchange_rate', command, async (session) => {
    const before = await lockOwnRate(session, command);
    return revise(work, session, context, before, { ...before, rate: undefined });
  });
  return { replayed };
}

async function inOneTransaction(
  { database }: RateWork,
  context: TenantContext,
  operation: string,
  request: unknown,
  change: (session: Session) => Promise<OwnRate>,
): Promise<{ exchangeRate: ledger.ExchangeRate; replayed: boolean }> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation, request }, async () =>
      ledger.ExchangeRate.toJSON(toRateMessage(await change(session))),
    ),
  );
  return { exchangeRate: ledger.ExchangeRate.fromJSON(answer), replayed };
}

/** The newest revision of a rate that is on the list, which nobody else can change until the transaction ends. */
async function lockOwnRate(session: Session, { id, version }: RateChange): Promise<OwnRate> {
  const [known] = await findRevisions(session, id);
  if (known === undefined) throw rateNotFound();
  await lockPlace(session, known);
  const current = await findOwnRate(session, known);
  if (current?.rate === undefined) throw rateNotFound();
  if (version !== undefined && version !== current.version) throw rateVersionMismatch();
  return current;
}

async function revise(
  work: RateWork,
  session: Session,
  context: TenantContext,
  before: OwnRate | undefined,
  wanted: RatePlace & { id: string; rate: string | undefined; provider: string },
): Promise<OwnRate> {
  const after = await insertOwnRate(session, {
    ...{ id: wanted.id, baseCurrency: wanted.baseCurrency, quoteCurrency: wanted.quoteCurrency, date: wanted.date },
    ...{ rate: wanted.rate, provider: wanted.provider, version: (before?.version ?? 0n) + 1n },
    ...{ actorKind: context.actor.kind, actorId: context.actor.id },
  });
  await recordAudit(session, context, {
    action: `exchange_rate.${whatHappened(before, after)}`,
    entity: 'exchange_rate',
    entityId: after.id,
    before: before && ledger.ExchangeRate.toJSON(toRateMessage(before)),
    after: ledger.ExchangeRate.toJSON(toRateMessage(after)),
  });
  await enqueueEvents(session, context, [rateEvent(context, after)]);
  await askForRestatement(session, context, {
    cause: { kind: 'tenant_rate', id: after.id, revision: Number(after.version) },
    dates: { from: after.date, to: after.date },
    isReady: work.isReady(),
  });
  return after;
}

function whatHappened(before: OwnRate | undefined, after: OwnRate): 'recorded' | 'corrected' | 'withdrawn' {
  if (after.rate === undefined) return 'withdrawn';
  return before?.rate === undefined ? 'recorded' : 'corrected';
}
