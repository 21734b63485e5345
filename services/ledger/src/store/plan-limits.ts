import { ledger } from '@outlay/contracts';
import { type DomainError, type Notice, nilId, unavailable } from '@outlay/platform';
import { z } from 'zod';
import { type LimitUse, metrics, planLimitExceeded, planLimitReached } from '../domain/plan-limit.ts';

// The SQLSTATEs of migration 0130: refused, not known yet, and let through with a warning.
const refusedState = 'OL403';
const unknownState = 'OL503';
const exceededState = 'OL299';

/**
 * What the counting of usage refused: forbidden `plan_limit_reached`, with metric, limit, used and remedy in its meta, or
 * unavailable `plan_unknown`. Undefined for every other failure. The transaction is doomed, unless it has a savepoint.
 */
export function planRefusalOf(failure: unknown): DomainError | undefined {
  const { code, detail } = sqlFailure.safeParse(failure).data ?? {};
  if (code === unknownState) return unavailable('plan_unknown', 'What the plan allows is not known yet; try again');
  if (code !== refusedState) return undefined;
  const { wanted, ...use } = limitUse.parse(JSON.parse(detail ?? ''));
  return planLimitReached(use, wanted);
}

/** Warnings of what a transaction has made so far: the soft limits that it exceeds, each with its last count. */
export function warningsOf({ notices }: { readonly notices: readonly Notice[] }): ledger.Warning[] {
  const byLimit = new Map<string, ledger.Warning>();
  for (const { code, detail } of notices) {
    if (code !== exceededState) continue;
    const use = limitUse.parse(JSON.parse(detail ?? ''));
    byLimit.set(`${use.metric} ${use.scopeId}`, toWarning(use));
  }
  return [...byLimit.values()];
}

/** The answer of a command, in ProtoJSON, with the warnings of its transaction: for idempotency keys. */
export function withWarnings(session: { readonly notices: readonly Notice[] }, answer: unknown): unknown {
  const warnings = warningsOf(session);
  return warnings.length === 0 ? answer : { ...Object(answer), warnings: warnings.map(ledger.Warning.toJSON) };
}

/** The warnings in such an answer. */
export function warningsIn(answer: unknown): ledger.Warning[] {
  const { warnings } = Object(answer) as { warnings?: unknown[] };
  return warnings?.map((warning) => ledger.Warning.fromJSON(warning)) ?? [];
}

/** The warnings that the counting has added to an answer, in which its statement cannot have them (migration 0195). */
export function warningsKeptIn(answer: unknown): ledger.Warning[] {
  return keptAnswer.parse(answer).exceeded.map(toWarning);
}

const toWarning = (use: LimitUse): ledger.Warning => ({
  code: 'plan_limit_exceeded',
  message: planLimitExceeded(use),
  metric: use.metric,
  limit: use.limit,
  used: use.used,
  scopeId: use.scopeId ?? '',
});

const sqlFailure = z.object({ code: z.string(), detail: z.string().optional() });

const count = z.int().transform(BigInt);

const limitUse = z
  .object({
    metric: z.enum(metrics),
    scope_id: z.string(),
    limit: count,
    used: count,
    wanted: count.default(1n),
  })
  // The nil id is that of what counts for the tenant as a whole.
  .transform(({ scope_id, ...use }) => ({ ...use, scopeId: scope_id === nilId ? undefined : scope_id }));

const keptAnswer = z.object({ exceeded: z.array(limitUse).default([]) });
